import { explainDns1035Label } from '../../object/names.js'
import { GoText } from '../field-cause.js'
import { type Findings, isSet, listOf, type Members, membersOf, textOf } from '../validation/findings.js'
import { goStrings } from '../validation/labels.js'
import { checkWebhookService, checkWebhookUrl } from './webhook-client.js'

/** How a definition says that its versions are converted. Reference: validateCustomResourceConversion. */
export function checkConversion(conversion: Members, to: Findings): void {
  const { strategy } = conversion
  const webhook = membersOf(conversion['webhook'])
  const versions = listOf(webhook['conversionReviewVersions']).map(textOf)
  const { clientConfig } = webhook
  if (textOf(strategy) === '') to.required('spec.conversion.strategy')
  else to.oneOf('spec.conversion.strategy', strategy, ['None', 'Webhook'])
  if (strategy !== 'Webhook') {
    const detail = 'should not be set when strategy is not set to Webhook'
    if (isSet(clientConfig)) to.forbidden('spec.conversion.webhookClientConfig', detail)
    if (versions.length > 0) to.forbidden('spec.conversion.conversionReviewVersions', detail)
    return
  }
  const at = 'spec.conversion.webhookClientConfig'
  if (!isSet(clientConfig)) to.required(at, 'required when strategy is set to Webhook')
  else {
    const { url, service } = membersOf(clientConfig)
    if (isSet(url) === isSet(service)) to.required(at, 'exactly one of url or service is required')
    else if (isSet(url)) checkWebhookUrl(`${at}.url`, textOf(url), to)
    else checkWebhookService(`${at}.service`, membersOf(service), to)
  }
  checkReviewVersions(versions, 'spec.conversion.conversionReviewVersions', to)
}

function checkReviewVersions(versions: readonly string[], field: string, to: Findings): void {
  if (versions.length === 0) {
    to.required(field)
    return
  }
  for (const [index, version] of versions.entries()) {
    if (versions.indexOf(version) < index) to.invalid(`${field}[${index}]`, version, 'duplicate version')
    else to.explain(`${field}[${index}]`, version, explainDns1035Label(version))
  }
  if (!versions.includes('v1') && !versions.includes('v1beta1')) {
    to.invalid(field, new GoText(goStrings(versions)), 'must include at least one of v1, v1beta1')
  }
}
