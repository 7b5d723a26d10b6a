import { explainDns1123Subdomain } from '../../object/names.js'
import { type Findings, isSet, type Members, textOf } from '../validation/findings.js'

const form = '; desired format: https://host[/path]'

/** Where a webhook is called. Reference: ValidateWebhookURL of k8s.io/apiserver. */
export function checkWebhookUrl(field: string, url: string, to: Findings): void {
  const parts = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/(?:([^@/?#]*)@)?([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(url)
  const [, scheme = '', user, host = '', , query = '', fragment = ''] = parts ?? []
  if (scheme.toLowerCase() !== 'https') {
    to.invalid(field, scheme.toLowerCase(), `'https' is the only allowed URL scheme${form}`)
  }
  if (host === '') to.invalid(field, host, `host must be specified${form}`)
  if (user !== undefined) to.invalid(field, user, 'user information is not permitted in the URL')
  if (fragment !== '') to.invalid(field, fragment, 'fragments are not permitted in the URL')
  if (query !== '') to.invalid(field, query, 'query parameters are not permitted in the URL')
}

/** Upstream takes name and namespace for each other here, in conversions of definitions; both must be there. */
export function checkWebhookService(field: string, service: Members, to: Findings): void {
  if (textOf(service['namespace']) === '') to.required(`${field}.name`, 'service name is required')
  if (textOf(service['name']) === '') to.required(`${field}.namespace`, 'service namespace is required')
  const port = typeof service['port'] === 'number' ? service['port'] : 443
  if (port < 1 || port > 65_535) to.invalid(`${field}.port`, port, 'port is not valid: must be between 1 and 65535, inclusive')
  if (isSet(service['path'])) checkPath(`${field}.path`, textOf(service['path']), to)
}

function checkPath(field: string, path: string, to: Findings): void {
  if (path === '' || path === '/') return
  if (path === '//') {
    to.invalid(field, path, 'segment[0] may not be empty')
    return
  }
  if (!path.startsWith('/')) to.invalid(field, path, "must start with a '/'")
  const steps = path.slice(1).replace(/\/$/, '').split('/')
  for (const [index, step] of steps.entries()) {
    if (step === '') to.invalid(field, path, `segment[${index}] may not be empty`)
    else for (const reason of explainDns1123Subdomain(step)) to.invalid(field, path, `segment[${index}]: ${reason}`)
  }
}
