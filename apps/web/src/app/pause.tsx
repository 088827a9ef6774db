import { Center, Loader } from '@mantine/core';

/** While something is on its way. */
export const Pause = () => (
  <Center h="40vh">
    <Loader role="status" aria-label="Loading" />
  </Center>
);
