import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What Prometheus reads at /metrics. Labels take few values; nothing here is per worker or per trial. */
export class Metrics {
  readonly registry = new Registry();
  private readonly messagesIn = this.counter('gradpool_messages_in_total', 'Messages taken in, by type', ['type']);
  private readonly messagesOut = this.counter('gradpool_messages_out_total', 'Messages to workers, by type', ['type']);
  private readonly refusals = this.counter(
    'gradpool_refusals_total',
    'Frames, connections and answers refused, by code',
    ['code'],
  );
  private readonly points = this.counter('gradpool_metric_points_total', 'Metric points taken in', []);
  private readonly commits = new Histogram({
    name: 'gradpool_commit_seconds',
    help: 'Time of one commit of the store',
    buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5],
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  messageIn(type: string): void {
    this.messagesIn.inc({ type });
  }

  messageOut(type: string): void {
    this.messagesOut.inc({ type });
  }

  refused(code: string): void {
    this.refusals.inc({ code });
  }

  pointsIn(points: number): void {
    this.points.inc(points);
  }

  committed(seconds: number): void {
    this.commits.observe(seconds);
  }

  /** A figure read when it is asked for; `read` returns one value, or one per value of the label. */
  gauge(name: string, help: string, read: () => number | ReadonlyMap<string, number>, label = 'kind'): void {
    const registers = [this.registry];
    new Gauge({
      name,
      help,
      registers,
      labelNames: [label],
      collect() {
        const value = read();
        if (typeof value === 'number') this.set(value);
        else for (const [of, each] of value) this.set({ [label]: of }, each);
      },
    });
  }

  private counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }
}
