import type { RenderDependencies, Renderer } from '../contract.js'
import { kustomizationFiles } from './accumulate.js'
import type { BuildLimits } from './build-budget.js'
import { type BuildOptions, buildKustomization } from './build-kustomization.js'
import { createDocumentCache } from './sources/read-documents.js'

export interface KustomizeRendererOptions extends RenderDependencies, BuildLimits {
  /** Parsed files that are kept between builds; 2,000 unless told. */
  readonly maxParsedFiles?: number
  /** `legacy-order` unless told: what `kustomize build` and Argo CD do; Flux and Fleet keep the order of the files. */
  readonly mode?: BuildOptions['mode']
  readonly loadRestrictions?: BuildOptions['loadRestrictions']
}

/** Renders directories with a kustomization. `options.kustomize` edits the top one, as Argo CD's source.kustomize does. */
export function createKustomizeRenderer(options: KustomizeRendererOptions): Renderer {
  const documents = createDocumentCache({ maxEntries: options.maxParsedFiles ?? 2000 })
  return {
    name: 'kustomize',
    async detects(tree, path) {
      for (const name of kustomizationFiles) {
        const file = path === '' ? name : `${path}/${name}`
        if ((await tree.hash(file)) !== undefined && (await tree.list(file)) === undefined) return true
      }
      return false
    },
    render({ tree, path, options: { kustomize }, time }) {
      return buildKustomization(tree, path, {
        schemas: options.schemas,
        documents,
        ...(time === undefined ? {} : { time }),
        ...(options.elapsed === undefined ? {} : { elapsed: options.elapsed }),
        ...(options.maxMilliseconds === undefined ? {} : { maxMilliseconds: options.maxMilliseconds }),
        ...(options.maxCharacters === undefined ? {} : { maxCharacters: options.maxCharacters }),
        ...(options.remote === undefined ? {} : { remote: options.remote }),
        ...(options.charts === undefined ? {} : { charts: options.charts }),
        ...(options.mode === undefined ? {} : { mode: options.mode }),
        ...(options.loadRestrictions === undefined ? {} : { loadRestrictions: options.loadRestrictions }),
        ...(kustomize === undefined ? {} : { overrides: kustomize }),
      })
    },
  }
}
