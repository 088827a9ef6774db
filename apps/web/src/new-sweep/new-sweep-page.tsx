import { useDeferredValue, useMemo, useState } from 'react';
import { Alert, Fieldset, Grid, Group, NativeSelect, Stack, Textarea, Title } from '@mantine/core';
import { parseSweep } from '@gradpool/experiment';
import { useDatasets } from '../app/datasets.ts';
import { useRoom } from '../app/room-context.tsx';
import { Estimate } from './estimate.tsx';
import { FormFields } from './form-fields.tsx';
import { Start } from './start.tsx';
import { readForm, startText, textOf } from './sweep-form.ts';

/** A sweep as fields and as its file, in step: the text is what counts, the fields are read from it. */
export default function NewSweepPage() {
  const [text, setText] = useState(startText);
  // The last form that could be read stays on screen, out of use, while the text is being repaired.
  const [shown, setShown] = useState(() => readForm(startText));
  const form = useMemo(() => readForm(text), [text]);
  if (form !== null && form !== shown) setShown(form);
  const checked = useDeferredValue(text);
  const datasets = useDatasets();
  const result = useMemo(() => parseSweep(checked, datasets), [checked, datasets]);
  return (
    <Stack>
      <Group justify="space-between" align="end">
        <Title order={1} size="h2">
          New sweep
        </Title>
        <StartFrom onText={setText} />
      </Group>
      <Grid>
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Fieldset legend="Form" disabled={form === null}>
            {shown && (
              <FormFields form={shown} text={text} datasets={datasets.map(({ name }) => name)} onText={setText} />
            )}
          </Fieldset>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Textarea
            label="Sweep file (YAML)"
            description="Edit either: the form and the file follow each other."
            value={text}
            onChange={({ currentTarget }) => {
              setText(currentTarget.value);
            }}
            autosize
            minRows={14}
            maxRows={30}
            spellCheck={false}
            styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: '0.85rem' } }}
            aria-invalid={!result.ok}
          />
        </Grid.Col>
      </Grid>
      {result.ok ? (
        <>
          <Estimate sweep={result.sweep} text={checked} />
          <Start text={checked} />
        </>
      ) : (
        <Alert color="orange" role="status" title={`Not a sweep yet (${result.code})`}>
          {result.message}
        </Alert>
      )}
    </Stack>
  );
}

function StartFrom({ onText }: { readonly onText: (text: string) => void }) {
  const { sweeps } = useRoom();
  const newest = [...sweeps.values()].reverse();
  if (newest.length === 0) return null;
  return (
    <NativeSelect
      label="Start from"
      data={[
        { value: '', label: 'the standard text' },
        ...newest.map(({ sweepId, name }) => ({ value: sweepId, label: name })),
      ]}
      onChange={({ currentTarget }) => {
        const sweep = sweeps.get(currentTarget.value);
        onText(sweep ? textOf(sweep.spec) : startText);
      }}
    />
  );
}
