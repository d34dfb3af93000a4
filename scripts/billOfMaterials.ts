import { execFileSync } from 'node:child_process';

type Component = { readonly name: string; readonly properties?: readonly { name: string; value: string }[] };
export type Bill = { readonly components: readonly Component[] };

/**
 * Everything that is published with Genesis, as CycloneDX. npm's own `--omit=dev` leaves out what a development
 * dependency needs as well, so its marks are read instead.
 */
export function billOfMaterials(root: string): Bill {
  const all = execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const bill = JSON.parse(all) as Bill;
  return { ...bill, components: bill.components.filter((component) => !isForDevelopment(component)) };
}

const isForDevelopment = ({ properties = [] }: Component): boolean =>
  properties.some(({ name, value }) => name === 'cdx:npm:package:development' && value === 'true');
