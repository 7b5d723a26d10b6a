import type { Case, Step } from '../case.js'

const post = (group: string, plural: string, body: unknown, headers: Step['headers'] = {}): Step => ({
  method: 'POST',
  path: `/apis/${group}.k8s.io/v1/${plural}`,
  body,
  headers: headers ?? {},
})
const self = (spec: unknown, headers?: Step['headers']) => post('authorization', 'selfsubjectaccessreviews', { spec }, headers)
const subject = (spec: unknown) => post('authorization', 'subjectaccessreviews', { spec })
const nobody = { 'impersonate-user': 'nobody' }
const attributes = { verb: 'get', resource: 'pods', namespace: '${ns}' }

export const reviewCases: readonly Case[] = [
  {
    name: 'access reviews',
    steps: [
      self({ resourceAttributes: attributes }),
      self({ resourceAttributes: attributes }, nobody),
      self({ nonResourceAttributes: { path: '/version', verb: 'get' } }, nobody),
      self({ nonResourceAttributes: { path: '/metrics', verb: 'get' } }, nobody),
      self({}),
      self({ resourceAttributes: attributes, nonResourceAttributes: { path: '/', verb: 'get' } }),
      post('authorization', 'selfsubjectaccessreviews', {}),
      subject({ user: 'nobody', resourceAttributes: attributes }),
      subject({ user: 'nobody', groups: ['system:masters'], resourceAttributes: attributes }),
      subject({ resourceAttributes: attributes }),
      subject({ user: 'nobody' }),
      subject({ user: 'nobody', resourceAttributes: attributes, nonResourceAttributes: { path: '/', verb: 'get' } }),
      {
        method: 'POST',
        path: '/apis/authorization.k8s.io/v1/namespaces/${ns}/localsubjectaccessreviews',
        body: { spec: { user: 'nobody', resourceAttributes: attributes } },
      },
      {
        method: 'POST',
        path: '/apis/authorization.k8s.io/v1/namespaces/${ns}/localsubjectaccessreviews',
        body: { spec: { user: 'nobody', resourceAttributes: { ...attributes, namespace: 'other' } } },
      },
      {
        method: 'POST',
        path: '/apis/authorization.k8s.io/v1/namespaces/${ns}/localsubjectaccessreviews',
        body: { spec: { user: 'nobody', nonResourceAttributes: { path: '/', verb: 'get' } } },
      },
      post('authorization', 'selfsubjectrulesreviews', { spec: {} }),
      { method: 'GET', path: '/apis/authorization.k8s.io/v1/subjectaccessreviews' },
    ],
  },
  {
    name: 'authentication reviews',
    steps: [
      post('authentication', 'selfsubjectreviews', {}),
      post('authentication', 'selfsubjectreviews', {}, nobody),
      post('authentication', 'selfsubjectreviews', { metadata: { name: 'x' } }),
      post('authentication', 'tokenreviews', { spec: { token: 'wrong' } }),
      post('authentication', 'tokenreviews', { spec: {} }),
      post('authentication', 'tokenreviews', {}),
      { method: 'GET', path: '/apis/authentication.k8s.io/v1/tokenreviews' },
      { method: 'DELETE', path: '/apis/authentication.k8s.io/v1/tokenreviews' },
      { method: 'GET', path: '/apis/authentication.k8s.io/v1/tokenreviews/x' },
    ],
  },
]
