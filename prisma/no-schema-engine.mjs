#!/usr/bin/env node
console.error(
  'The Prisma schema engine is not installed (its host is not the npm registry), so `prisma migrate` and `prisma db` cannot run here. ' +
    'The coordinator applies prisma/migrations itself at start-up; `npm run check:schema` checks that they match schema.prisma.',
);
process.exit(1);
