/** A package's manifest in the sources, and the one that is published. */

export interface Manifest {
  readonly name: string;
  readonly version: string;
  /** What the published manifest has in place of the fields of these names, which lead to the sources. */
  readonly published?: { readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

/** Without what serves the sources alone. */
export function publishedManifest(manifest: Manifest): Manifest {
  const { private: _private, scripts: _scripts, devDependencies: _development, published, ...kept } = manifest;
  return { ...kept, ...published };
}
