import type { LocalityRule, OutlierDetection } from '../../../services/model/service-model.js'
import { type Fields, fieldsOf, listOf, millisecondsOf, numberOf, textOf, textsOf } from '../validation/read-json.js'
import { Report } from '../validation/report.js'
import { validateLocalitySetting } from '../validation/validate-locality.js'

/** The locality rule of a traffic policy; undefined where it says nothing of localities or outliers. */
export function readLocalityRule(policy: Fields | undefined): LocalityRule | undefined {
  const outlierDetection = readOutliers(fieldsOf(policy?.['outlierDetection']))
  const setting = fieldsOf(fieldsOf(policy?.['loadBalancer'])?.['localityLbSetting'])
  if (setting === undefined && outlierDetection === undefined) return undefined
  return {
    enabled: setting?.['enabled'] !== false,
    distribute: listOf(setting?.['distribute']).map((each) => {
      const { from, to } = fieldsOf(each) ?? {}
      const weights = Object.entries(fieldsOf(to) ?? {}).map(([place, weight]) => [place, numberOf(weight)] as const)
      return { from: textOf(from), to: Object.fromEntries(weights) }
    }),
    failover: listOf(setting?.['failover']).map((each) => {
      const { from, to } = fieldsOf(each) ?? {}
      return { from: textOf(from), to: textOf(to) }
    }),
    failoverPriority: textsOf(setting?.['failoverPriority']),
    ...(outlierDetection === undefined ? {} : { outlierDetection }),
    ...(setting === undefined ? { isDefault: true } : {}),
  }
}

/**
 * What is left of a rule that Istio refuses when its parts are held against Istio's checks one by one: entries that are wrong
 * by themselves do not count, and of `distribute` and `failover` the first decides alone, as it does in Istio's proxies when
 * such a rule gets to them.
 */
export function withoutErrors(rule: LocalityRule): LocalityRule {
  const isFine = (part: Fields) => {
    const report = new Report()
    validateLocalitySetting(part, true, '', report)
    return report.errors.length === 0
  }
  const distribute: LocalityRule['distribute'][number][] = []
  for (const each of rule.distribute) if (isFine({ distribute: [...distribute, each] })) distribute.push(each)
  if (distribute.length > 0) return { ...rule, distribute, failover: [], failoverPriority: [] }
  const failover = rule.failover.filter((each) => isFine({ failover: [each] }))
  const failoverPriority = rule.failoverPriority.filter(
    (each) => failover.length === 0 || isFine({ failover, failoverPriority: [each] }),
  )
  return { ...rule, distribute, failover, failoverPriority }
}

function readOutliers(outlier: Fields | undefined): OutlierDetection | undefined {
  if (outlier === undefined) return undefined
  const errors = outlier['consecutive5xxErrors'] ?? outlier['consecutiveGatewayErrors'] ?? outlier['consecutiveErrors']
  const number = (name: string) => (typeof outlier[name] === 'number' ? (outlier[name] as number) : undefined)
  return withoutUndefined({
    consecutiveErrors: typeof errors === 'number' ? errors : undefined,
    intervalMs: millisecondsOf(outlier['interval']),
    baseEjectionMs: millisecondsOf(outlier['baseEjectionTime']),
    maxEjectionPercent: number('maxEjectionPercent'),
    minHealthPercent: number('minHealthPercent'),
  })
}

function withoutUndefined(values: Record<string, number | undefined>): OutlierDetection {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}
