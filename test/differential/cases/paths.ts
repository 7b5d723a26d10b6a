import type { Case, Step } from '../case.js'

const get = (path: string, headers: Step['headers'] = {}): Step => ({ method: 'GET', path, headers: headers ?? {} })
const v2 = { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' }

const unknown = [
  '/nothing',
  '/api/v2',
  '/api/v1/nothing',
  '/api/v1/namespaces/${ns}/nothing',
  '/api/v1/namespaces/${ns}/pods/a/nothing',
  '/api/v1/namespaces/${ns}/pods/a/status/deep',
  '/apis/none',
  '/apis/none/v1',
  '/apis/apps/v9',
  '/apis/apps/v9/deployments',
  '/apis/apps/v1/nothing',
  '/apis/apps/v1/namespaces/${ns}/deployments/x/nothing',
  '/api/v1/namespaces/${ns}/nodes',
  '/api/v1/namespaces/${ns}/namespaces',
  '/apis/rbac.authorization.k8s.io/v1/namespaces/${ns}/clusterroles',
  '/api/v1/pods/a',
  '/api/v1/configmaps/a',
  '/api/v1/namespaces/${ns}/pods/',
  '/api/v1/',
  '/apis/apps/',
  '/apis/apps/v1/',
  '//api/v1/namespaces',
  '/api/v1//namespaces',
  '/api/v1/namespaces/${ns}/configmaps/a%2Fb',
  '/api/v1/namespaces/${ns}/configmaps/a%zz',
  '/openapi/v3/none',
  '/openapi/v3/api/v9',
  '/version/x',
  '/healthz/nothing',
]

export const pathCases: readonly Case[] = [
  { name: 'unknown paths', steps: unknown.map((path) => get(path)) },
  {
    name: 'methods',
    steps: [
      '/version',
      '/api',
      '/api/v1',
      '/healthz',
      '/nothing',
      '/api/v1/namespaces/${ns}',
      '/api/v1/pods',
      '/api/v1/configmaps',
      '/api/v1/namespaces/${ns}/pods',
    ].flatMap((path): Step[] =>
      (['POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const)
        .filter(
          (method) => !(method === 'DELETE' && path.includes('${ns}')) && !(method === 'DELETE' && path.startsWith('/api/v1/')),
        )
        .map((method) => ({
          method,
          path,
          ...(method === 'DELETE' || method === 'HEAD' || method === 'OPTIONS'
            ? {}
            : { body: {}, as: method === 'PATCH' ? 'merge' : 'json' }),
        })),
    ),
  },
  {
    name: 'discovery',
    namespace: 'none',
    steps: [
      get('/api'),
      get('/api/v1'),
      get('/apis/apps'),
      get('/apis/apps/v1'),
      get('/apis/batch'),
      get('/apis/batch/v1'),
      get('/apis/autoscaling'),
      get('/apis/autoscaling/v1'),
      get('/apis/autoscaling/v2'),
      get('/apis/policy/v1'),
      get('/apis/rbac.authorization.k8s.io/v1'),
      get('/apis/networking.k8s.io/v1'),
      get('/apis/storage.k8s.io/v1'),
      get('/apis/authentication.k8s.io/v1'),
      get('/apis/authorization.k8s.io/v1'),
      get('/apis/certificates.k8s.io/v1'),
      get('/apis/coordination.k8s.io/v1'),
      get('/apis/discovery.k8s.io/v1'),
      get('/apis/events.k8s.io/v1'),
      get('/apis/flowcontrol.apiserver.k8s.io/v1'),
      get('/apis/node.k8s.io/v1'),
      get('/apis/scheduling.k8s.io/v1'),
      get('/apis/admissionregistration.k8s.io/v1'),
      get('/apis/apiextensions.k8s.io/v1'),
      get('/apis/apiregistration.k8s.io/v1'),
      get('/api', v2),
      get('/api', { accept: 'text/html' }),
      get('/healthz'),
      get('/livez'),
      get('/readyz'),
    ],
  },
]
