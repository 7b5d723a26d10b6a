import type { KustomizeOverrides } from '../contract.js'
export function applyOverrides(data: unknown, _overrides: KustomizeOverrides): unknown {
  return data
}
