/** How a data set is called, in sweep files and as a folder: nothing that a shell or a file system takes for something else. */
export const datasetName = /^[a-z0-9][a-z0-9._-]{0,39}$/;
export const datasetNameRule = 'a data set has a name of 1 to 40 small letters, digits, dots, hyphens or underscores';
