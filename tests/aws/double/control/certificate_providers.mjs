// SPDX-License-Identifier: Apache-2.0
// The certificate provider of an account: a function that issues for CreateCertificateFromCsr over MQTT (aws-iot.md
// section 14, item 5). There is at most one.
import { invalid, notFound, refuse } from '../base/errors.mjs'
import { checked, required } from '../base/names.mjs'

const OPERATION = 'CreateCertificateFromCsr'

function providerOf(world, name) {
  return world.store.certificateProviders.get(name) ?? notFound(`Certificate provider ${name} not found`)
}

/** The provider that serves requests over MQTT, or undefined. */
export function activeProvider(world) {
  return [...world.store.certificateProviders.values()][0]
}

function checkOperations(list) {
  if (!Array.isArray(list) || list.length !== 1 || list[0] !== OPERATION) {
    invalid(`accountDefaultForOperations must be [${OPERATION}]`)
  }
  return list
}

function create(world, { path, body }) {
  const name = checked('certificateProviderName', path.certificateProviderName)
  if (world.store.certificateProviders.has(name)) refuse('ResourceAlreadyExistsException', `${name} already exists`)
  if (activeProvider(world)) refuse('LimitExceededException', 'An account has one certificate provider')
  const provider = {
    name,
    arn: world.arn(`certificateprovider:${name}`),
    function: required(body, 'lambdaFunctionArn'),
    operations: checkOperations(required(body, 'accountDefaultForOperations')),
    created: world.clock.seconds(),
    modified: world.clock.seconds()
  }
  world.store.certificateProviders.set(name, provider)
  return { certificateProviderName: name, certificateProviderArn: provider.arn }
}

function describe(world, { path }) {
  const provider = providerOf(world, path.certificateProviderName)
  return {
    certificateProviderName: provider.name,
    certificateProviderArn: provider.arn,
    lambdaFunctionArn: provider.function,
    accountDefaultForOperations: provider.operations,
    creationDate: provider.created,
    lastModifiedDate: provider.modified
  }
}

function list(world) {
  return {
    certificateProviders: [...world.store.certificateProviders.values()].map(({ name, arn }) => ({
      certificateProviderName: name,
      certificateProviderArn: arn
    }))
  }
}

export const routes = [
  ['CreateCertificateProvider', 'POST', '/certificate-providers/{certificateProviderName}', create],
  ['DescribeCertificateProvider', 'GET', '/certificate-providers/{certificateProviderName}', describe],
  [
    'DeleteCertificateProvider',
    'DELETE',
    '/certificate-providers/{certificateProviderName}',
    (world, { path }) => {
      world.store.certificateProviders.delete(providerOf(world, path.certificateProviderName).name)
    }
  ],
  ['ListCertificateProviders', 'GET', '/certificate-providers/', list]
]
