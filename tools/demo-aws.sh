# SPDX-License-Identifier: Apache-2.0
# The part of tools/demo with AWS IoT, sourced by it once the programs and a simulated chip are there: from an empty key
# slot to messages, a shadow and a job of a thing, against the double of tests/aws, so without an account. On a real account
# the commands of `trustx` are the same; what the operator prepares is done by other programs or in the console.

# --- the double of AWS IoT -------------------------------------------------------------------------------------------

double_answers() {
  kill -0 "$double_pid" 2>/dev/null || fail "the double of AWS IoT ended"
  [ -s aws/facts.json ]
}
# fact: a member of what the double tells of itself, such as control.url
fact() { env -u OPENSSL_CONF node -p "require('$dir/aws/facts.json').$1"; }

start_double() {
  explain "Start a double of AWS IoT; with a real account it is AWS's, and the credentials are yours"
  local packages=${TRUSTX_AWS_PACKAGES:-$source_dir/build/aws}
  run "$source_dir/tests/aws/setup --double $packages"
  show "node $source_dir/tests/aws/double/main.mjs --state $dir/aws --keep &"
  TRUSTX_AWS_PACKAGES=$packages env -u OPENSSL_CONF node "$source_dir/tests/aws/double/main.mjs" --state "$dir/aws" \
    --keep >double.log 2>&1 </dev/null &
  double_pid=$!
  wait_until "the double" double_answers
  run "export AWS_ENDPOINT_URL_IOT=$(fact control.url) AWS_CA_BUNDLE=$(fact ca) AWS_REGION=$(fact region)"
  run "export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null"
  AWS_ACCESS_KEY_ID=$(fact accessKeyId)
  AWS_SECRET_ACCESS_KEY=$(fact secretAccessKey)
  show "export AWS_ACCESS_KEY_ID=$AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY=..."
  export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
  operator_id=$AWS_ACCESS_KEY_ID
  operator_secret=$AWS_SECRET_ACCESS_KEY
  broker_host=$(fact mqtt.host)
  broker_port=$(fact mqtt.port)
}

# operator: a call of AWS IoT that `trustx` has no command for; METHOD PATH [FILE with JSON [ADDRESS]]. The key of the double goes
# over standard input as any other would.
operator() {
  printf 'user = "%s:%s"\n' "$operator_id" "$operator_secret" |
    curl --silent --show-error --fail-with-body --noproxy '*' --cacert "$AWS_CA_BUNDLE" --config - \
      --aws-sigv4 "aws:amz:$AWS_REGION:iot" --request "$1" "${4:-$AWS_ENDPOINT_URL_IOT}$2" \
      ${3:+--header 'content-type: application/json' --data-binary "@$3"}
}
# json_with: a JSON object of NAME=TEXT and of NAME@FILE, whose content becomes the text.
json_with() {
  env -u OPENSSL_CONF node -e 'const fs = require("node:fs"), object = {}
for (const given of process.argv.slice(1)) {
  const [, name, mark, value] = /^(\w+)([=@])([^]*)$/.exec(given)
  object[name] = mark === "@" ? fs.readFileSync(value, "utf8") : value
}
console.log(JSON.stringify(object))' "$@"
}
# member: a member of the JSON object on standard input
member() { env -u OPENSSL_CONF node -p "JSON.parse(require('node:fs').readFileSync(0, 'utf8')).$1"; }

# --- what the operator prepares --------------------------------------------------------------------------------------

role=arn:aws:iam::123456789012:role/provisioning

make_authority() {
  explain "An authority of the operator's. A real one is somewhere else"
  run "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout ca-key.pem -out ca.pem -days 30 \\
    -subj '/CN=demo CA' -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign 2>/dev/null"
}
make_gateway_policy() {
  run "trustx aws make policy --account 123456789012 --out policy.json"
  run "json_with policyDocument@policy.json >call.json && operator POST /policies/trustx-gateway call.json >answer.json"
}

prepare_own_ca() {
  make_authority
  explain "The account gets to know it, with the proof that its key is here"
  run "trustx aws ca register --cert ca.pem --key ca-key.pem"
}

prepare_jit() {
  make_authority
  explain "The account gets to know it, and a template that makes a thing of whoever has a certificate of it"
  make_gateway_policy
  run "trustx aws make template --use jitp --out template.json"
  run "trustx aws ca register --cert ca.pem --key ca-key.pem --template-body template.json --role $role"
}

prepare_claim() {
  explain "A provisioning template, and the policy of claims for it"
  make_gateway_policy
  run "trustx aws make template --use fleet --out template.json"
  run "json_with templateName=gateways provisioningRoleArn=$role templateBody@template.json |
    sed 's/}\$/,\"enabled\":true}/' >call.json && operator POST /provisioning-templates call.json >answer.json"
  run "trustx aws make claim-policy --account 123456789012 --template gateways --out claims.json"
  run "json_with policyDocument@claims.json >call.json && operator POST /policies/claims call.json >answer.json"
  explain "The chip's identity from the factory becomes a claim: it may ask for another identity, and nothing else"
  run "trustx cert read E0E0 --out factory.pem"
  run "json_with status=ACTIVE certificatePem@factory.pem >call.json"
  run "operator POST /certificate/register-no-ca call.json >claim.json"
  run "json_with target=\$(member certificateArn <claim.json) >call.json && operator PUT /target-policies/claims call.json"
}

# --- enrolment -------------------------------------------------------------------------------------------------------

without_credentials() {
  explain "From here on no credentials: this is the gateway, and it has none"
  run "unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY"
}

options="--method $aws_method --thing demo --ca \$AWS_CA_BUNDLE$aws_slot"
start_double
case $aws_method in
  own-ca)
    prepare_own_ca
    options="$options --authority-cert ca.pem --authority-key ca-key.pem"
    ;;
  jit)
    prepare_jit
    without_credentials
    options="$options --authority-cert ca.pem --authority-key ca-key.pem --endpoint $broker_host:$broker_port"
    ;;
  claim)
    prepare_claim
    without_credentials
    options="$options --template gateways --claim-slot E0F0 --endpoint $broker_host:$broker_port"
    ;;
esac

explain "Where the files of this gateway go; usually /etc/trustx and /var/lib/trustx"
run "export TRUSTX_AWS_IDENTITY=$dir/identity TRUSTX_AWS_STATE=$dir/state"
explain "What enrolment would do"
run "trustx aws plan $options"
explain "And now it does that"
run "trustx aws enroll $options"
run "trustx aws status"

# --- messages --------------------------------------------------------------------------------------------------------

explain "trustx-mqtt publishes as this thing, and receives a command that the cloud sends"
broker="--host $broker_host --port $broker_port --client-id demo --ca identity/amazon-roots.pem \\
    --key identity/identity-key.pem --cert identity/identity-chain.pem"
run "trustx-mqtt $broker \\
    --topic dt/demo/temperature --message 21.5 --once --timeout 60"
show "trustx-mqtt $broker \\
    --subscribe cmd/demo/order --count 1 --timeout 60 >received.txt &"
eval "trustx-mqtt $broker --subscribe cmd/demo/order --count 1 --timeout 60" \
  >received.txt 2>listener.log </dev/null &
listener_pid=$!
has_subscribed() {
  kill -0 "$listener_pid" 2>/dev/null || fail "trustx-mqtt ended"
  grep -q '"subscribe".*cmd/demo/order' aws/events.jsonl
}
wait_until "the subscription" has_subscribed
curl --silent --noproxy '*' --data-binary '{"topic":"cmd/demo/order","payload":"open"}' "$(fact faults.url)/publish" \
  >published.json
wait "$listener_pid" || fail "trustx-mqtt did not get its message"
listener_pid=
run "cat received.txt"
[ "$(cat received.txt)" = open ] || fail "another message was received than was sent"

# --- a shadow --------------------------------------------------------------------------------------------------------

explain "A device shadow: the cloud says what is desired, a program of the gateway does it, and what that answers is reported"
run "cat >valve <<'END'
#!/bin/sh
sed 's/.*\"state\":\({[^}]*}\).*/\1/'
END
chmod +x valve"
echo '{"state":{"desired":{"valve":"open"}}}' >call.json
run "operator POST /things/demo/shadow call.json $(fact data.url) >answer.json"
run "trustx-mqtt $broker \\
    shadow watch --exec ./valve --count 1 --timeout 60"
run "trustx-mqtt $broker \\
    shadow get --timeout 60 | tee shadow.json"
[ "$(member state.reported.valve <shadow.json)" = open ] || fail "the shadow does not say that the valve is open"

# --- a job -----------------------------------------------------------------------------------------------------------

explain "A job: a document of the operator's, and the program that its operation names"
run "mkdir handlers
cat >handlers/measure <<'END'
#!/bin/sh
cat >job-document.json
echo '{\"temperature\":\"21.5\"}'
END
chmod +x handlers/measure"
json_with document='{"operation":"measure"}' | sed 's/}$/,"targets":["arn:aws:iot:eu-central-1:123456789012:thing\/demo"]}/' \
  >call.json
run "operator PUT /jobs/first call.json >answer.json"
run "trustx-mqtt $broker \\
    jobs run --handler handlers --state jobs --until-empty --timeout 60"
run "operator GET /things/demo/jobs/first >job.json; member execution.status <job.json"
[ "$(member execution.status <job.json)" = SUCCEEDED ] || fail "the job did not succeed"
