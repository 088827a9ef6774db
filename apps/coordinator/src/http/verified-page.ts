import { page } from './page.ts';

/** In plain words. Whoever changes what the evaluator does changes this page in the same commit. */
export const verifiedPage = page(
  'What “verified” means',
  `<h1>What “verified” means</h1>
<p>A worker trains a model and sends two things: the trained weights and its own claim of the test error. The claim alone counts for nothing. An
evaluator, a process that holds a token of the role <code>trusted</code> and never trains, fetches the weights, checks that their SHA-256 is the one
named, runs the whole test set through them and computes the mean squared error itself. Nobody verifies their own trial.</p>
<ul>
<li>If claim and recomputed figure differ by no more than 1 %, the trial is <b>verified</b>. The figure shown is the recomputed one.</li>
<li>If they differ by more, or the weights have the wrong shape or are not finite, the claim is rejected and the trial is trained again, on another worker where there is one.</li>
</ul>
<h2>What it proves</h2>
<ul>
<li>The weights with this SHA-256 reach this error on this test set, with this noise: anybody with the weights and the data can compute it again.</li>
<li>The test data was the data with the digest shown, and every trial of a noise factor was judged on the same noisy pictures.</li>
<li>The figures of a table come from such recomputed values only, and say from how many seeds.</li>
</ul>
<h2>What it does not prove</h2>
<ul>
<li><b>How the weights came about.</b> A dishonest worker could train longer, with other settings, or on the test pictures themselves; the weights would pass. Seed,
settings, validation figure, duration and training curve of a trial are the worker's word.</li>
<li><b>That training it again gives the same weights.</b> That holds to the bit only within one numeric class (the same backend and code path), and only where the trial says
that it is bit-exact.</li>
<li><b>That the evaluator is honest.</b> Whoever holds the <code>trusted</code> token is believed. Keep it, and the <code>admin</code> token, to machines that are yours.</li>
<li><b>That a difference between two cells means something.</b> Look at n and at the 95 % interval; with fewer than 3 seeds a cell is listed but not ranked.</li>
</ul>
<p>So: among people who trust each other, the table shows what was measured. With strangers as workers, it shows what their weights can do, and not how they were made.
To be sure of one result, train it again on your own machine from the spec, seed and data digest in the export.</p>
<p><a href="/">Back</a></p>`,
);
