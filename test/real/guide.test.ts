import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { type Guide, runGuide } from '../support/run-guide.js'

// The guides as somebody with kubectl would go through them.
const noKubectl = spawnSync('kubectl', ['version', '--client']).status === 0 ? false : 'kubectl is not installed'

test('from zero to a rollout', { skip: noKubectl }, async () => {
  const seen: string[] = []
  const look = (command: string, wanted: RegExp) => ({
    [command]: (guide: Guide) => {
      assert.match(guide.run(command, 'docs/guides/first-rollout.md'), wanted)
      seen.push(command)
    },
  })
  const after = {
    ...look('kubectl --context hub -n argocd get applicationsets,applications', /guestbook-us-east +Synced +Healthy/),
    ...look('kubectl --context us-east -n guestbook get deployments -o wide', /nginx:1\.28/),
    ...look('kubectl --context eu-west -n guestbook wait --for=create deployment/guestbook', /condition met/),
    ...look('npx flotilla app list', /guestbook-staging/),
  }
  await runGuide('docs/guides/first-rollout.md', { kubectl: true, after })
  assert.deepEqual([...new Set(seen)].sort(), Object.keys(after).sort())
})

test('pods that run', { skip: noKubectl }, async () => {
  const seen: string[] = []
  const look = (command: string, wanted: RegExp) => ({
    [command]: (guide: Guide) => {
      assert.match(guide.run(command, 'docs/guides/pods-that-run.md'), wanted)
      seen.push(command)
    },
  })
  const after = {
    ...look('kubectl logs client', /Welcome to nginx/),
    ...look('kubectl exec deployment/web -- curl -s http://localhost', /^(one|two)$/),
    ...look('kubectl logs crash --previous', /^working\n$/),
  }
  await runGuide('docs/guides/pods-that-run.md', { kubectl: true, pods: 'auto', after })
  assert.deepEqual([...new Set(seen)].sort(), Object.keys(after).sort())
})

test('services across clusters', { skip: noKubectl }, async () => {
  const ask = 'kubectl --context staging -n store exec client -- wget -qO- http://api.store.svc.clusterset.local'
  const answers: string[] = []
  const page = 'docs/guides/services-across-clusters.md'
  const after = { [ask]: (guide: Guide) => void answers.push(guide.run(ask, page).trim()) }
  await runGuide(page, { kubectl: true, pods: 'auto', after })
  assert.deepEqual(answers, ['us-east', 'eu-west', 'us-east'])
})

test('add a cluster of your own', { skip: noKubectl }, async () => {
  await runGuide('docs/guides/add-a-cluster.md', {
    kubectl: true,
    prepare: (guide) => guide.startOtherCluster('production-eu'),
  })
})

test('run it on a management cluster', { skip: noKubectl }, async () => {
  await runGuide('docs/guides/management-cluster.md', {
    kubectl: true,
    prepare: (guide) => guide.startOtherCluster('management'),
  })
})

test('from KubeFed', { skip: noKubectl }, async () => {
  const look = 'kubectl --context hub -n store get federatedconfigmap greeting -o yaml'
  let seen = ''
  await runGuide('docs/guides/kubefed.md', {
    kubectl: true,
    after: { [look]: (guide) => (seen = guide.run(look, 'docs/guides/kubefed.md')) },
  })
  assert.match(seen, /clusters:\n {2}- name: eu-west\n {2}- name: staging\n {2}- name: us-east\n/)
})

test('spread a workload over clusters', { skip: noKubectl }, async () => {
  const page = 'docs/guides/spread-a-workload.md'
  const explain = 'npx flotilla placement explain deployment web -n store --lose eu-west'
  const list = 'kubectl --context hub -n store get placements,deployments'
  const dryRun = 'npx flotilla placement dry-run -f placement.json -f web.json -n store --clusters hub'
  const seen: string[] = []
  const look = (command: string) => ({ [command]: (guide: Guide) => void seen.push(guide.run(command, page)) })
  await runGuide(page, { kubectl: true, after: { ...look(list), ...look(explain), ...look(dryRun) } })
  assert.match(seen[0] ?? '', /placement\.flotilla\.dev\/web +2 +1 +1 +True[\s\S]*deployment\.apps\/web +6\/6/)
  assert.match(seen[1] ?? '', /eu-west +3 +3 [\s\S]*If eu-west is lost:\n.*\n? *us-east: 3 becomes 6/)
  assert.match(seen[2] ?? '', /Deployment store\/web/)
})

test('from Karmada', { skip: noKubectl }, async () => {
  const look = 'kubectl --context hub -n rollout get rb'
  let seen = ''
  await runGuide('docs/guides/karmada.md', {
    kubectl: true,
    after: { [look]: (guide) => (seen = guide.run(look, 'docs/guides/karmada.md')) },
  })
  assert.match(seen, /web-deployment +True/)
})
