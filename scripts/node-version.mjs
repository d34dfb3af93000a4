// Runs before the scripts that need Node 24: an older Node fails later with errors that do not say why.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `Genesis needs Node 24 or newer; this is Node ${process.versions.node}.\n` +
      'The development dependency "node" brings it: run "npm ci" (without --ignore-scripts), then start through npm.',
  );
  process.exit(2);
}
