/**
 * Settings of every session. Dates come out shifted under another time zone. The rest keeps plans on the indexes: a
 * statement is planned while its tables are still empty, the plan is kept, and a table scan chosen then would cost more
 * with every row.
 */
const sessionSettings = [
  'TimeZone=UTC',
  'jit=off',
  'enable_seqscan=off',
  'enable_hashjoin=off',
  'enable_mergejoin=off',
];

/** The same as command line arguments of a server or as the `options` of a connection. */
export const sessionArguments: readonly string[] = sessionSettings.flatMap((setting) => ['-c', setting]);

/** What only the embedded server is told: how much log it keeps. Maintenance checkpoints before it grows past that. */
export const embeddedArguments: readonly string[] = ['-c', 'max_wal_size=96MB', '-c', 'min_wal_size=32MB'];
