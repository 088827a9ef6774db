import { Group, MultiSelect, NativeSelect } from '@mantine/core';
import { valueKey, valueText, wordsOf, type Value } from '../app/parameters.ts';
import { withFilter, type ViewState } from './view-state.ts';

export interface FilterBarProps {
  readonly view: ViewState;
  readonly onView: (view: ViewState) => void;
  /** Each swept parameter with the values that are there, in order. */
  readonly values: ReadonlyMap<string, readonly Value[]>;
}

/** Which values of each swept parameter to show, and by which parameter to group. */
export function FilterBar({ view, onView, values }: FilterBarProps) {
  if (values.size === 0) return null;
  return (
    <Group align="end" gap="sm">
      {[...values].map(([name, all]) => (
        <MultiSelect
          key={name}
          label={wordsOf(name)}
          placeholder={view.filters.has(name) ? undefined : 'all'}
          data={all.map((value) => ({ value: valueKey(value), label: valueText(value) }))}
          value={[...(view.filters.get(name) ?? [])]}
          onChange={(chosen) => {
            onView(withFilter(view, name, chosen));
          }}
          searchable={all.length > 8}
          limit={200}
          clearable
          miw={140}
          maw={320}
        />
      ))}
      <NativeSelect
        label="Group by"
        data={[
          { value: '', label: 'nothing' },
          ...[...values.keys()].map((value) => ({ value, label: wordsOf(value) })),
        ]}
        value={view.group ?? ''}
        onChange={({ currentTarget }) => {
          onView({ ...view, group: currentTarget.value || null, page: 1 });
        }}
      />
    </Group>
  );
}
