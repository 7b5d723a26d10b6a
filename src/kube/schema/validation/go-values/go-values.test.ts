import assert from 'node:assert/strict'
import { test } from 'node:test'
import { goDiff } from './go-diff.js'
import { goLiteral } from './go-literal.js'
import { goValue } from './go-value.js'

const spec = (more: object = {}, container: object = {}) => ({
  restartPolicy: 'Always',
  dnsPolicy: 'ClusterFirst',
  containers: [{ name: 'main', image: 'app:1', ...container }],
  ...more,
})
const diff = (before: object, after: object) => goDiff(goValue('core.PodSpec', before), goValue('core.PodSpec', after))

test('what differs stands under each other, what does not is left out but for its neighbours', () => {
  assert.equal(
    diff(spec(), spec({ nodeName: 'n' })),
    [
      '  core.PodSpec{',
      '  \t... // 9 identical fields',
      '  \tServiceAccountName:           "",',
      '  \tAutomountServiceAccountToken: nil,',
      '- \tNodeName:                     "",',
      '+ \tNodeName:                     "n",',
      '  \tSecurityContext:              &{},',
      '  \tImagePullSecrets:             nil,',
      '  \t... // 20 identical fields',
      '  }\n',
    ].join('\n'),
  )
})

test('what is deeper is told by its own lines; long values are broken', () => {
  const text = diff(spec(), spec({}, { env: [{ name: 'A', value: 'b'.repeat(90) }] }))
  assert.match(text, /\n {2}\t\t\t\.\.\. \/\/ 5 identical fields\n/)
  assert.match(text, /\n- \t\t\tEnv: {5}nil,\n\+ \t\t\tEnv: \[\]core\.EnvVar\{\n\+ \t\t\t\t\{\n\+ \t\t\t\t\tName: {2}"A",\n/)
  assert.match(text, /\n\+ \t\t\t\t\tValue: "b{64}"\.\.\.,\n/)
})

test('elements are paired when they are alike, else come and go', () => {
  const tolerations = (...keys: string[]) => ({ tolerations: keys.map((key) => ({ key, operator: 'Exists' })) })
  const text = diff(spec(tolerations('a', 'b')), spec(tolerations('b')))
  assert.match(text, /\n- \t\t\{Key: "a", Operator: "Exists"\},\n/)
  assert.match(text, /\n {2}\t\t\{Key: "b", Operator: "Exists"\},\n/)
})

test('values as Go prints them', () => {
  const requirements = { requests: { cpu: '500m', memory: '1Gi' } }
  const text = goLiteral(goValue('core.ResourceRequirements', requirements))
  assert.ok(
    text.startsWith(
      'core.ResourceRequirements{Limits:core.ResourceList(nil), Requests:core.ResourceList{"cpu":resource.Quantity{i:',
    ),
  )
  assert.match(text, /int64Amount\{value:500, scale:-3\}.*int64Amount\{value:1073741824, scale:0\}/)
  assert.equal(goLiteral(goValue('*int64', 5)), '(*int64)(0xc000000000)')
  assert.equal(goLiteral(goValue('intstr.IntOrString', 'x')), 'intstr.IntOrString{Type:1, IntVal:0, StrVal:"x"}')
})

test('values of other types than theirs do no harm', () => {
  for (const odd of [null, 5, 'x', [], [null], { containers: 5, tolerations: {}, securityContext: 'x', overhead: { cpu: [] } }]) {
    assert.doesNotThrow(() => goDiff(goValue('core.PodSpec', odd), goValue('core.PodSpec', spec())))
    assert.doesNotThrow(() => goLiteral(goValue('core.PodTemplateSpec', odd)))
  }
})
