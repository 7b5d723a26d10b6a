import type { KubeObject } from '../../../kube/object/kube-object.js'
import { explainLabelMap, explainWildcardDomain, isLabel } from './names.js'
import { fieldsOf, labelsOf, listOf, textOf } from './read-json.js'
import { Report } from './report.js'
import { validateExportTo } from './validate-export-to.js'
import { validateTrafficPolicy } from './validate-traffic-policy.js'

/** What Istio says of a DestinationRule: the same errors and warnings, with the field and the fix beside them. */
export function validateDestinationRule(object: KubeObject): Report {
  const report = new Report()
  const spec = fieldsOf(object['spec']) ?? {}
  const wrong = explainWildcardDomain(textOf(spec['host']))
  if (wrong !== undefined) report.error('spec.host', wrong, 'Write the name of a service, such as api.shop.svc.cluster.local.')
  validateTrafficPolicy(fieldsOf(spec['trafficPolicy']), 'spec.trafficPolicy', report)
  const names = new Set<string>()
  for (const [index, each] of listOf(spec['subsets']).entries()) {
    const at = `spec.subsets[${index}]`
    const subset = fieldsOf(each)
    if (subset === undefined) {
      report.error(at, 'subset may not be null', 'Remove the entry.')
      continue
    }
    const name = textOf(subset['name'])
    if (names.has(name)) report.error(`${at}.name`, `duplicate subset names: ${name}`, 'Give each subset a name of its own.')
    names.add(name)
    if (name === '') report.error(`${at}.name`, 'subset name cannot be empty', 'Set name.')
    else if (!isLabel(name)) report.error(`${at}.name`, `subset name is invalid: ${name}`, 'Write letters, digits and dashes.')
    for (const text of explainLabelMap(labelsOf(subset['labels'])))
      report.error(`${at}.labels`, text, 'Write labels as Kubernetes takes them.')
    validateTrafficPolicy(fieldsOf(subset['trafficPolicy']), `${at}.trafficPolicy`, report)
  }
  const selector = fieldsOf(spec['workloadSelector'])
  const namespace = object.metadata.namespace ?? ''
  validateExportTo(spec['exportTo'], { namespace, hasSelector: selector !== undefined }, report)
  if (selector !== undefined) {
    const labels = Object.entries(labelsOf(selector['matchLabels']))
    const at = 'spec.workloadSelector.matchLabels'
    for (const [key, value] of labels) {
      if (key === '') report.error(at, `empty key is not supported in selector: "${key}=${value}"`, 'Name the label.')
      if (`${key}${value}`.includes('*'))
        report.error(at, `wildcard is not supported in selector: "${key}=${value}"`, 'Write the whole value.')
    }
    if (labels.length === 0)
      report.warn(at, 'workload selector specified without labels', 'Name labels, or remove workloadSelector.')
  }
  return report
}
