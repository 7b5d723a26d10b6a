import { isObject } from '../../base/json.js'
import type { AdmissionPlugin } from './contract.js'

/**
 * Pods run as the ServiceAccount `default` unless they say otherwise, and take over its image pull secrets. The token is not
 * mounted: nothing in a simulated pod reads it.
 */
export const serviceAccount: AdmissionPlugin = {
  name: 'ServiceAccount',
  handles: ({ groupResource, operation, subresource }) =>
    groupResource === 'pods' && operation === 'CREATE' && subresource === '',
  mutate({ object, namespace, storage }) {
    const spec = object?.['spec']
    if (!isObject(spec)) return
    spec['serviceAccountName'] ||= spec['serviceAccount'] || 'default'
    spec['serviceAccount'] = spec['serviceAccountName']
    const account = storage.get('serviceaccounts', `${namespace}/${String(spec['serviceAccountName'])}`)
    const secrets = account?.['imagePullSecrets']
    const own = spec['imagePullSecrets']
    if (Array.isArray(secrets) && secrets.length > 0 && !(Array.isArray(own) && own.length > 0)) {
      spec['imagePullSecrets'] = secrets.map((secret: unknown) => (isObject(secret) ? { ...secret } : secret))
    }
  },
}
