import type { Consumer, FleetService, LocalityRule, TrafficRule } from '../service-model.js'

/** What decides the order of endpoints. */
export type Choice =
  | { readonly kind: 'affinity'; readonly affinity: 'local' | 'remote' | 'none'; readonly rule: TrafficRule }
  | { readonly kind: 'locality'; readonly locality: LocalityRule; readonly rule: TrafficRule }
  | { readonly kind: 'distribution'; readonly preference: 'zone' | 'node'; readonly value: string; readonly rule?: TrafficRule }
  | { readonly kind: 'nearest' }

const preferences: Readonly<Record<string, 'zone' | 'node' | undefined>> = {
  PreferClose: 'zone',
  PreferSameZone: 'zone',
  PreferSameNode: 'node',
}

/** The rules that count for a consumer, in their order. */
export function rulesFor(service: FleetService, consumer: Consumer): readonly TrafficRule[] {
  const namespace = consumer.namespace ?? service.service.namespace
  return service.rules.filter(
    (rule) =>
      (rule.consumers?.includes(consumer.cluster) ?? true) &&
      (rule.namespaces?.includes(namespace) ?? true) &&
      (rule.reach === undefined || rule.reach === service.reach),
  )
}

/**
 * The first rule that says how to choose decides. A mesh's default comes after what the Service says of itself
 * (`trafficDistribution`), and with nobody saying anything the nearest are first.
 */
export function chooseRule(service: FleetService, rules: readonly TrafficRule[]): Choice {
  let byDefault: Choice | undefined
  const hasDefault = new Set<string>()
  for (const rule of rules) {
    const { affinity, locality, trafficDistribution } = rule
    if (affinity !== undefined) return { kind: 'affinity', affinity, rule }
    // A dialect's more general rules are hidden by its more specific one, even if that leaves all to the default.
    if (locality !== undefined && !hasDefault.has(rule.dialect)) {
      const choice: Choice = { kind: 'locality', locality, rule }
      if (locality.isDefault !== true) return choice
      byDefault ??= choice
      hasDefault.add(rule.dialect)
    }
    const preference = preferenceOf(trafficDistribution)
    if (preference !== undefined) return { kind: 'distribution', preference, value: trafficDistribution!, rule }
  }
  const preference = preferenceOf(service.trafficDistribution)
  if (preference !== undefined) return { kind: 'distribution', preference, value: service.trafficDistribution! }
  return byDefault ?? { kind: 'nearest' }
}

function preferenceOf(value: string | undefined): 'zone' | 'node' | undefined {
  return value !== undefined && Object.hasOwn(preferences, value) ? preferences[value] : undefined
}
