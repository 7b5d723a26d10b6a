import type { FleetModel } from '../model/fleet-model.js'
import type { Spot } from '../model/spot.js'

/** An ExternalDNS as it runs: by the flags of its container, or by the values of its chart. */
export interface ExternalDnsInstance {
  readonly cluster: string
  /** `default` where it is told none. */
  readonly owner: string
  readonly provider: string
  readonly prefix: string
  readonly policy: string | undefined
  readonly registry: string
  /** Empty: all. */
  readonly zones: readonly string[]
  /** Whose records it makes its own. */
  readonly migratesFrom: string | undefined
  /** Where the owner is written, or would be. */
  readonly at: Spot
}

/** Every instance that belongs to a cluster. Of one that runs without a registry nobody knows what it owns: it is left out. */
export function externalDnsInstances(model: FleetModel): readonly ExternalDnsInstance[] {
  const found: ExternalDnsInstance[] = []
  for (const container of model.containersOf('external-dns')) {
    const { cluster } = container.object
    if (cluster === undefined) continue
    const text = (flag: string) => container.argument(flag)?.value
    found.push({
      cluster,
      owner: text('txt-owner-id') ?? 'default',
      provider: text('provider') ?? '',
      prefix: text('txt-prefix') ?? '',
      policy: text('policy'),
      registry: text('registry') ?? 'txt',
      zones: container.argumentValues('domain-filter'),
      migratesFrom: text('migrate-from-txt-owner'),
      at: container.argument('txt-owner-id')?.view.at() ?? container.container.at('args'),
    })
  }
  // The flags of the container say the same where the chart is rendered; a cluster may have several releases of it.
  const rendered = new Set(found.map(({ cluster }) => cluster))
  for (const values of model.values('external-dns')) {
    if (values.cluster === undefined || rendered.has(values.cluster)) continue
    found.push({
      cluster: values.cluster,
      owner: values.text('txtOwnerId') ?? 'default',
      provider: values.text('provider', 'name') ?? values.text('provider') ?? '',
      prefix: values.text('txtPrefix') ?? '',
      policy: values.text('policy'),
      registry: values.text('registry') ?? 'txt',
      zones: values.texts('domainFilters'),
      migratesFrom: undefined,
      at: values.at('txtOwnerId'),
    })
  }
  return found.filter(({ registry, owner }) => registry !== 'noop' && !/[${}<>]/.test(owner))
}

/** Whether two instances can write the same name. */
export function shareZone(a: ExternalDnsInstance, b: ExternalDnsInstance): boolean {
  if (a.provider !== b.provider) return false
  if (a.zones.length === 0 || b.zones.length === 0) return true
  return a.zones.some((one) => b.zones.some((two) => one === two || one.endsWith(`.${two}`) || two.endsWith(`.${one}`)))
}
