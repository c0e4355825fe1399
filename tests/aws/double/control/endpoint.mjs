// SPDX-License-Identifier: Apache-2.0
// DescribeEndpoint. The two types that the service refuses today: aws-iot.md section 1.1.
import { invalid } from '../base/errors.mjs'

function describeEndpoint(world, { query }) {
  const addresses = {
    'iot:Data-ATS': world.settings.dataEndpoint,
    'iot:CredentialProvider': world.settings.credentialEndpoint
  }
  const address = addresses[query.endpointType]
  if (!address) invalid(`Endpoint type ${query.endpointType ?? 'iot:Data'} is not supported`)
  return { endpointAddress: address }
}

export const routes = [['DescribeEndpoint', 'GET', '/endpoint', describeEndpoint]]
