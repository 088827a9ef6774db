import type { DatasetManifest } from '@gradpool/experiment';

/** Fashion-MNIST (Xiao, Rasul, Vollgraf 2017): the same format and size as MNIST; digests of the unpacked files. */
export const fashionMnistManifest: DatasetManifest = {
  name: 'fashion-mnist',
  image: { height: 28, width: 28, channels: 1 },
  classes: 10,
  train: { images: 60_000 },
  test: { images: 10_000 },
  files: [
    {
      role: 'train-images',
      sha256: 'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
      bytes: 47_040_016,
    },
    {
      role: 'train-labels',
      sha256: 'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
      bytes: 60_008,
    },
    {
      role: 'test-images',
      sha256: '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
      bytes: 7_840_016,
    },
    {
      role: 'test-labels',
      sha256: '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
      bytes: 10_008,
    },
  ],
};
