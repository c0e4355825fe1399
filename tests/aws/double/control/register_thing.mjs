// SPDX-License-Identifier: Apache-2.0
// RegisterThing (aws-iot.md section 7.2).
import { ServiceError, invalid } from '../base/errors.mjs'
import { required } from '../base/names.mjs'
import { applyTemplate } from '../template/apply.mjs'
import { parseTemplate } from '../template/document.mjs'

const VALUE_LIMIT = 4096
const OWN_ERRORS = [
  'InvalidRequestException',
  'ThrottlingException',
  'ConflictingResourceUpdateException',
  'ResourceRegistrationFailureException',
  'UnauthorizedException',
  'InternalFailureException',
  'ServiceUnavailableException'
]

export function checkParameters(parameters) {
  if (parameters === null || typeof parameters !== 'object' || Array.isArray(parameters))
    invalid('parameters must be a map')
  for (const [name, value] of Object.entries(parameters)) {
    if (typeof value !== 'string' || value.length > VALUE_LIMIT) {
      invalid(`parameter ${name} must be a string of at most ${VALUE_LIMIT} characters`)
    }
  }
  return parameters
}

/** Errors of the calls that a template makes come as failures of the registration. */
export function asRegistrationFailure(error) {
  if (!(error instanceof ServiceError) || OWN_ERRORS.includes(error.name)) return error
  return new ServiceError('ResourceRegistrationFailureException', `${error.name}: ${error.message}`)
}

async function registerThing(world, { body }) {
  const template = parseTemplate(required(body, 'templateBody'), 'register')
  try {
    const made = await applyTemplate(world, template, checkParameters(body.parameters ?? {}))
    return { certificatePem: made.certificate?.pem, resourceArns: made.arns }
  } catch (error) {
    throw asRegistrationFailure(error)
  }
}

export const routes = [['RegisterThing', 'POST', '/things', registerThing]]
