import { Button, Group, Slider, Stack, Text } from '@mantine/core';

interface ControlsProps {
  readonly paused: boolean;
  /** Whether the page is a secure context. */
  readonly secure: boolean;
  readonly share: number;
  /** Trainings that can run here at a time. */
  readonly engines: number;
  readonly onPause: (paused: boolean) => void;
  readonly onShare: (share: number) => void;
  readonly onLeave: () => void;
}

const marks = [10, 50, 100].map((value) => ({ value, label: `${value} %` }));

export function Controls({ paused, secure, share, engines, onPause, onShare, onLeave }: ControlsProps) {
  return (
    <Stack gap="md">
      <Group>
        <Button
          onClick={() => {
            onPause(!paused);
          }}
        >
          {paused ? 'Resume' : 'Pause'}
        </Button>
        <Button variant="default" onClick={onLeave}>
          Leave
        </Button>
      </Group>
      <div>
        <Text id="power-label" size="sm" fw={500}>
          Power: {Math.round(100 * share)} % of this device’s time
          {engines > 1 ? `, ${engines} trainings at a time` : ''}
        </Text>
        <Slider
          aria-labelledby="power-label"
          thumbLabel="Power"
          min={10}
          max={100}
          step={10}
          marks={marks}
          mb="lg"
          mx="md"
          label={null}
          value={Math.round(100 * share)}
          onChange={(percent) => {
            onShare(percent / 100);
          }}
        />
      </div>
      <Text size="sm" c="dimmed">
        Training goes on while you look at other tabs.
        {secure
          ? ''
          : ' At an https:// address this device could also use WebGPU, and keep its data in the browser’s own cache.'}
      </Text>
    </Stack>
  );
}
