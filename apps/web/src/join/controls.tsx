import { Button, Group, Slider, Stack, Text } from '@mantine/core';

interface ControlsProps {
  readonly paused: boolean;
  readonly share: number;
  readonly onPause: (paused: boolean) => void;
  readonly onShare: (share: number) => void;
  readonly onLeave: () => void;
}

const marks = [10, 50, 100].map((value) => ({ value, label: `${value} %` }));

export function Controls({ paused, share, onPause, onShare, onLeave }: ControlsProps) {
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
        </Text>
        <Slider
          aria-labelledby="power-label"
          thumbLabel="Power"
          min={10}
          max={100}
          step={10}
          marks={marks}
          mb="lg"
          label={null}
          value={Math.round(100 * share)}
          onChange={(percent) => {
            onShare(percent / 100);
          }}
        />
      </div>
    </Stack>
  );
}
