import type { RenderDependencies, Renderer } from './contract.js'
import { createDirectoryRenderer } from './directory/directory-renderer.js'
import { createKustomizeRenderer } from './kustomize/kustomize-renderer.js'

/** All renderers, in the order in which they are asked whether a path is theirs; plain directories take what is left. */
export function createRenderers(dependencies: RenderDependencies): readonly Renderer[] {
  return [createKustomizeRenderer(dependencies), createDirectoryRenderer()]
}
