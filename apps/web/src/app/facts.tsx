import type { ReactNode } from 'react';
import { Table } from '@mantine/core';

export type Fact = readonly [name: string, value: ReactNode];

/** Names and values, one a line. */
export function Facts({ label, facts }: { readonly label: string; readonly facts: readonly Fact[] }) {
  return (
    <Table aria-label={label} verticalSpacing={4} layout="auto" style={{ overflowWrap: 'anywhere' }}>
      <Table.Tbody>
        {facts.map(([name, value]) => (
          <Table.Tr key={name}>
            <Table.Th scope="row" w="38%" fw={500} style={{ verticalAlign: 'top', overflowWrap: 'normal' }}>
              {name}
            </Table.Th>
            <Table.Td>{value}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
