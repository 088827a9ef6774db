import { Group, Input, UnstyledButton } from '@mantine/core';
import { imageSize } from '@gradpool/experiment';
import { PictureGrid } from '../app/picture-grid.tsx';
import type { CodedPictures } from './messages.ts';
import classes from './latent.module.css';

/** Test pictures to choose from. */
const choices = 16;

export interface PictureChoiceProps {
  readonly coded: CodedPictures;
  readonly label: string;
  readonly chosen: number | null;
  readonly onChoose: (picture: number) => void;
}

/** The first test pictures as buttons. */
export function PictureChoice({ coded, label, chosen, onChoose }: PictureChoiceProps) {
  const { pictures, image, labels, count } = coded;
  const pixels = imageSize(image);
  return (
    <Input.Wrapper label={label} labelElement="div">
      <Group gap={4} mt={4} role="group" aria-label={label}>
        {Array.from({ length: Math.min(choices, count) }, (_, picture) => (
          <UnstyledButton
            key={picture}
            className={classes['choice']}
            aria-pressed={picture === chosen}
            onClick={() => {
              onChoose(picture);
            }}
          >
            <PictureGrid
              pixels={pictures.subarray(picture * pixels, (picture + 1) * pixels)}
              columns={1}
              rows={1}
              image={image}
              label={`test picture ${picture + 1}, class ${labels[picture]}`}
            />
          </UnstyledButton>
        ))}
      </Group>
    </Input.Wrapper>
  );
}
