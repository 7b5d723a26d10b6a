import { isRemembered } from '../../services/catalogue/remember-services.js'
import { formatLocality } from '../../services/model/rank/locality-text.js'
import type { FleetService, Ranking } from '../../services/model/service-model.js'
import { countOf, type FleetExplanation, Steps, someOf } from './explanation.js'

/** Clusters whose view of a service is told one by one. */
const mostConsumers = 12

/** Why a service across clusters is answered as it is, seen from clusters of the fleet. Pure. */
export function explainService(
  fleet: FleetService,
  rankings: readonly { readonly from: string; readonly ranking: Ranking }[],
  unread: readonly { readonly name: string; readonly why: string }[],
): FleetExplanation {
  const steps = new Steps()
  const { service, offers, rules, conflicts, diagnostics = [], reach } = fleet
  for (const offer of offers) {
    const { cluster, origin, endpoints } = offer
    const ready = endpoints.filter((endpoint) => endpoint.ready).length
    if (isRemembered(offer)) {
      steps.add('dialect', `was offered by ${cluster}`, 'waits', `${origin.text}: ${countOf(endpoints.length, 'endpoint')}`)
      continue
    }
    steps.add(
      'dialect',
      `offered by ${cluster}`,
      ready > 0 ? 'ok' : 'waits',
      `${origin.text}: ${ready} of ${endpoints.length} endpoints ready`,
    )
    if (ready === 0) steps.waits(`an endpoint to be ready in ${cluster}`)
  }
  for (const { dialect, origin } of rules) steps.add('dialect', 'rule', 'info', `${dialect}: ${origin.text} in ${origin.cluster}`)
  steps.add(
    'model',
    'reach',
    'info',
    reach === 'clusterset' ? 'cluster set (a name of its own)' : 'joins the Services of the same name',
  )
  for (const { reason, message } of conflicts) steps.add('model', 'conflict', 'bad', `${reason}: ${message}`)
  for (const { origin, severity, message, fix } of diagnostics)
    steps.add('model', severity, severity === 'error' ? 'bad' : 'info', `${origin.text} in ${origin.cluster}: ${message}. ${fix}`)
  for (const { name, why } of unread) {
    steps.add('engine', name, 'waits', `cannot be read: ${why}; what it offers is not known now`)
    steps.waits(`cluster ${name} to answer`)
  }
  let nobody = 0
  for (const { from, ranking } of rankings.slice(0, mostConsumers)) {
    const first = ranking.groups.filter(({ priority }) => priority === 0)
    const answers = first.flatMap(({ endpoints, locality }) =>
      endpoints.map(({ cluster }) => [cluster, formatLocality(locality)].filter(Boolean).join(' at ')),
    )
    if (answers.length === 0) nobody++
    const who = answers.length === 0 ? 'no endpoint can be used from there' : `answered by ${someOf([...new Set(answers)])}`
    steps.add('cluster', `from ${from}`, answers.length === 0 ? 'bad' : 'ok', `${who}; ${ranking.rule}: ${ranking.why}`)
    const left = new Map<string, string[]>()
    for (const { cluster, why } of ranking.excluded) left.set(why, [...new Set([...(left.get(why) ?? []), cluster])])
    for (const [why, names] of left) steps.add('cluster', `from ${from}`, 'info', `not used: ${someOf(names)}: ${why}`)
  }
  if (rankings.length > mostConsumers)
    steps.add('cluster', 'more', 'info', `${rankings.length - mostConsumers} more clusters (--cluster NAME shows one)`)
  if (offers.some(isRemembered)) {
    const state = 'not known: nobody who offers it can be read'
    return { object: `service ${service.namespace}/${service.name}`, state, steps: steps.list, waitsFor: steps.waitsFor }
  }
  const state = nobody > 0 ? 'not answered everywhere' : conflicts.length > 0 ? 'answered, with conflicts' : 'answered'
  return {
    object: `service ${service.namespace}/${service.name}`,
    state: `${state}, offered by ${countOf(offers.length, 'cluster')}`,
    steps: steps.list,
    waitsFor: steps.waitsFor,
  }
}
