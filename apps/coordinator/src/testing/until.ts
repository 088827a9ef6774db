/** Lets the event loop turn until something holds, at leisure: spinning would take the time of what is waited for. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
}
