import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { eksctlUnknownFlag } from './eksctl-unknown-flag.js'

test('flags that eksctl does not have are reported where they stand', () => {
  const script = `#!/bin/sh
for region in us-west-2 eu-west-1; do
  eksctl create cluster \\
    --name cluster-$region --with-oidc \\
    --enable-iam
done
`
  assert.deepEqual(checkTexts(eksctlUnknownFlag, { 'create.sh': script }), [
    'error create.sh:5:5 eksctl create cluster has no flag --enable-iam',
  ])
})

test('flags that it has are not', () => {
  assert.deepEqual(
    checkTexts(eksctlUnknownFlag, { 'a.sh': 'eksctl create cluster --name a --region b --nodes 3 --with-oidc\n' }),
    [],
  )
})
