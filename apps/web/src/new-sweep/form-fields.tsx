import { Accordion, MultiSelect, NumberInput, SimpleGrid, Stack, TagsInput, Text, TextInput } from '@mantine/core';
import { wordsOf } from '../app/parameters.ts';
import { sweepFields, withName, withSeeds, withValues, type Field, type SweepForm } from './sweep-form.ts';

export interface FormFieldsProps {
  readonly form: SweepForm;
  readonly text: string;
  /** Names of those that a sweep may run on. */
  readonly datasets: readonly string[];
  readonly onText: (text: string) => void;
}

/** What most sweeps set; the rest waits behind a click. */
const firstNames = ['dataset', 'model', 'latent', 'noise', 'hidden', 'channels', 'epochs', 'learning_rate'];

/** The sweep file as fields. Each edit goes into the text, from which the fields are read again. */
export function FormFields({ form, text, datasets, onText }: FormFieldsProps) {
  const parts = { form, text, datasets, onText };
  const models = form.values.get('model') ?? ['mlp'];
  const unused = (name: string) =>
    (name === 'hidden' && !models.includes('mlp')) || (name === 'channels' && !models.includes('cnn'));
  const first = sweepFields.filter(({ name }) => firstNames.includes(name) && !unused(name));
  const others = sweepFields.filter(({ name }) => !firstNames.includes(name));
  return (
    <Stack>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <TextInput
          label="Name"
          value={form.name}
          onChange={({ currentTarget }) => {
            onText(withName(text, currentTarget.value));
          }}
        />
        <NumberInput
          label="Seeds per cell"
          description="Three or more are ranked, with an interval"
          inputWrapperOrder={['label', 'input', 'description']}
          min={1}
          max={1_000}
          allowDecimal={false}
          value={form.seeds}
          onChange={(count) => {
            if (typeof count === 'number') onText(withSeeds(text, count));
          }}
        />
        {first.map((field) => (
          <ParameterField key={field.name} field={field} {...parts} />
        ))}
      </SimpleGrid>
      <Accordion variant="contained">
        <Accordion.Item value="more">
          <Accordion.Control>More parameters</Accordion.Control>
          <Accordion.Panel>
            <SimpleGrid cols={{ base: 1, sm: 2 }}>
              {others.map((field) => (
                <ParameterField key={field.name} field={field} {...parts} />
              ))}
            </SimpleGrid>
          </Accordion.Panel>
        </Accordion.Item>
      </Accordion>
    </Stack>
  );
}

function ParameterField({ field, form, text, datasets, onText }: FormFieldsProps & { readonly field: Field }) {
  const { name, kind, description, standard } = field;
  const drawn = form.drawn.get(name);
  const values = form.values.get(name) ?? [];
  const common = {
    label: wordsOf(name),
    description: describe(field),
    inputWrapperOrder: ['label', 'input', 'description'] as ('label' | 'input' | 'description')[],
    placeholder: values.length > 0 ? undefined : standard === null ? 'give one or more' : `${standard} (default)`,
    value: [...values],
    onChange: (chosen: string[]) => {
      onText(withValues(text, field, chosen));
    },
  };
  if (drawn !== undefined) {
    return (
      <div>
        <Text size="sm" fw={500}>
          {wordsOf(name)}
        </Text>
        <Text size="sm">{drawn}. Change it in the text.</Text>
      </div>
    );
  }
  if (kind.kind === 'choice') {
    // One that is not here stays to be seen, and is refused below.
    const options = name === 'dataset' ? [...new Set([...datasets, ...values])] : [...kind.options];
    return <MultiSelect {...common} data={options} title={description} />;
  }
  return <TagsInput {...common} splitChars={[',', ' ', ';']} acceptValueOnBlur title={description} />;
}

const describe = ({ kind, description }: Field): string =>
  kind.kind === 'list' ? `${description}. Sizes joined by hyphens: 512-256` : description;
