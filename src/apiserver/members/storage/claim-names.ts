import type { Pod } from '../engine/objects.js'

/** The claims that a pod uses, those of its ephemeral volumes included. */
export function claimNamesOf({ metadata, spec }: Pod): string[] {
  const volumes = (spec.volumes ?? []) as { name: string; persistentVolumeClaim?: { claimName: string }; ephemeral?: unknown }[]
  return volumes.flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim !== undefined) return [persistentVolumeClaim.claimName]
    return ephemeral === undefined ? [] : [`${metadata.name}-${name}`]
  })
}
