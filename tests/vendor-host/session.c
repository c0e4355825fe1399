/* SPDX-License-Identifier: Apache-2.0
 * Every command of Infineon's host library but those for DTLS, and the resets and addresses of its protocol stack,
 * against a simulated chip. What the chip returns is compared with OpenSSL's. The library's own return codes carry the
 * chip's error codes (chip_error below), which it reads from object F1C2 itself.
 * usage: session ADDRESS FRAME-SIZE KILOHERTZ   (address in hex; environment as for port.c)
 * exit: 0 everything as it should be, 1 something was not, 3 the bus broke down */
#include "cmd/CommandLib.h"
#include "ifx_i2c/ifx_i2c.h"
#include "pal_ifx_i2c_config.h"
#include "pal_os_event.h"
#include "pal_os_timer.h"
#include "port.h"
#include "reference.h"

#include <openssl/ec.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int checks;
static int failures;

static void check(int right, const char* what, int line) {
    ++checks;
    if (!right) {
        ++failures;
        printf("session.c:%d: %s\n", line, what);
    }
}

static void check_result(int32_t result, int32_t expected, const char* what, int line) {
    ++checks;
    if (result != expected) {
        ++failures;
        printf("session.c:%d: %s returned %08X, not %08X\n", line, what, (unsigned)result, (unsigned)expected);
    }
}

#define CHECK(right) check((right), #right, __LINE__)
#define CHECK_OK(call) check_result((call), CMD_LIB_OK, #call, __LINE__)
#define CHECK_ERROR(call, code) check_result((call), (int32_t)(CMD_DEV_ERROR | (code)), #call, __LINE__)

/* The chip's error codes. */
enum {
    invalid_oid = 0x01,
    access_denied = 0x07,
    out_of_bounds = 0x08,
    out_of_sequence = 0x0B,
    invalid_certificate = 0x29,
    signature_wrong = 0x2C
};

/* The protocol stack works in a timer signal and reports here. */
static volatile uint16_t stack_status;

static void completed(void* context, uint16_t event) {
    (void)context;
    stack_status = event;
}

static int wait_for(uint16_t started) {
    while (started == OPTIGA_COMMS_SUCCESS && stack_status == OPTIGA_COMMS_BUSY) {
    }
    /* The library marks itself free after it has reported. */
    while (*(volatile uint8_t*)&optiga_comms.state != 0) {
    }
    return started == OPTIGA_COMMS_SUCCESS && stack_status == OPTIGA_COMMS_SUCCESS;
}

static int32_t open_application(void) {
    const sOpenApp_d options = {eInit};
    return CmdLib_OpenApplication(&options);
}

static void open_chip(void) {
    optiga_comms.upper_layer_handler = completed;
    stack_status = OPTIGA_COMMS_BUSY;
    CHECK(wait_for(optiga_comms_open(&optiga_comms)));
    CmdLib_SetOptigaCommsContext(&optiga_comms);
    CHECK_OK(open_application());
}

static void reset_chip(ifx_i2c_reset_type_t type) {
    optiga_comms.upper_layer_handler = completed;
    stack_status = OPTIGA_COMMS_BUSY;
    CHECK(wait_for(optiga_comms_reset(&optiga_comms, (uint8_t)type)));
}

struct data {
    uint8_t bytes[2000];
    uint16_t size;
};

static int32_t get(uint16_t oid, uint16_t offset, uint16_t size, struct data* data) {
    const sGetData_d options = {oid, offset, size, eDATA};
    sCmdResponse_d response = {sizeof data->bytes, data->bytes, 0};
    const int32_t result = CmdLib_GetDataObject(&options, &response);
    data->size = response.wRespLength;
    return result;
}

static int32_t get_metadata(uint16_t oid, struct data* data) {
    const sGetData_d options = {oid, 0, 0, eMETA_DATA};
    sCmdResponse_d response = {sizeof data->bytes, data->bytes, 0};
    const int32_t result = CmdLib_GetDataObject(&options, &response);
    data->size = response.wRespLength;
    return result;
}

static int32_t set(uint16_t oid, uint16_t offset, const uint8_t* bytes, uint16_t size, eWriteOption_d option) {
    const sSetData_d options = {oid, offset, size, (uint8_t*)bytes, eDATA, option};
    return CmdLib_SetDataObject(&options);
}

static int32_t set_metadata(uint16_t oid, const uint8_t* bytes, uint16_t size) {
    const sSetData_d options = {oid, 0, size, (uint8_t*)bytes, eMETA_DATA, eWRITE};
    return CmdLib_SetDataObject(&options);
}

static int holds(const struct data* data, const uint8_t* bytes, uint16_t size) {
    return data->size == size && memcmp(data->bytes, bytes, size) == 0;
}

static void system_objects(void) {
    struct data data;
    CHECK_OK(get(0xE0C2, 0, 27, &data)); /* UID */
    CHECK(data.size == 27 && data.bytes[0] == 0xCD && data.bytes[1] == 0x16);
    CHECK_OK(get(0xE0C6, 0, 2, &data)); /* largest APDU */
    CHECK(data.size == 2 && data.bytes[0] == 0x06 && data.bytes[1] == 0x15);
    CHECK_OK(get(0xE0C0, 0, 1, &data)); /* life cycle of the chip */
    CHECK(data.size == 1);
    CHECK_OK(get(0xF1C0, 0, 1, &data)); /* life cycle of the application */
    CHECK(data.size == 1 && data.bytes[0] == 1);
    CHECK_OK(get(0xE0C5, 0, 1, &data)); /* security event counter */
    CHECK(data.size == 1);
    CHECK_OK(get(0xE0C4, 0, 1, &data)); /* current limit in mA */
    CHECK(data.size == 1 && data.bytes[0] >= 6 && data.bytes[0] <= 15);
    CHECK_OK(get(0xE0E0, 0, 1728, &data)); /* certificate of the factory, in TLS identity form */
    CHECK(data.size > 300 && data.bytes[0] == 0xC0 && (data.bytes[1] << 8 | data.bytes[2]) == data.size - 3);
    CHECK_OK(get_metadata(0xE0E0, &data));
    CHECK(data.size > 5 && data.bytes[0] == 0x20 && data.bytes[1] == data.size - 2);
    CHECK_OK(get_metadata(0xE0F0, &data));
    CHECK(data.size > 5 && data.bytes[0] == 0x20 && data.bytes[1] == data.size - 2);
}

static void data_objects(void) {
    uint8_t bytes[1500];
    struct data data;
    RAND_bytes(bytes, sizeof bytes);
    CHECK_OK(set(0xF1D0, 0, bytes, 100, eERASE_AND_WRITE));
    CHECK_OK(get(0xF1D0, 0, 100, &data));
    CHECK(holds(&data, bytes, 100));
    CHECK_OK(set(0xF1D0, 50, bytes + 200, 40, eWRITE));
    memcpy(bytes + 50, bytes + 200, 40);
    CHECK_OK(get(0xF1D0, 0, 140, &data)); /* more than there is */
    CHECK(holds(&data, bytes, 100));
    CHECK_OK(set(0xF1E0, 0, bytes, 1500, eERASE_AND_WRITE));
    CHECK_OK(get(0xF1E0, 0, 1500, &data));
    CHECK(holds(&data, bytes, 1500));
    CHECK_OK(get(0xF1E0, 700, 300, &data));
    CHECK(holds(&data, bytes + 700, 300));
    CHECK_OK(set(0xF1E1, 0, bytes + 100, 1400, eERASE_AND_WRITE));
    CHECK_OK(get(0xF1E1, 0, 1500, &data));
    CHECK(holds(&data, bytes + 100, 1400));

    CHECK_ERROR(get(0xE0FF, 0, 10, &data), invalid_oid);
    CHECK_ERROR(get(0xE0F0, 0, 10, &data), access_denied);
    CHECK_ERROR(get(0xF1D0, 150, 10, &data), out_of_bounds);
    CHECK_ERROR(set(0xF1D0, 130, bytes, 20, eWRITE), out_of_bounds);
    CHECK_ERROR(set(0xE0C2, 0, bytes, 20, eWRITE), access_denied);

    uint8_t life_cycle[] = {0x20, 0x03, 0xC0, 0x01, 0x03};
    CHECK_OK(set_metadata(0xF1D7, life_cycle, sizeof life_cycle));
    CHECK_OK(get_metadata(0xF1D7, &data));
    CHECK(data.size > 5 && data.bytes[2] == 0xC0 && data.bytes[4] == 0x03);
    life_cycle[4] = 0x01;
    CHECK_ERROR(set_metadata(0xF1D7, life_cycle, sizeof life_cycle), access_denied);
}

static void random_numbers(void) {
    static const uint16_t sizes[] = {8, 9, 32, 255, 256};
    static const eRngType_d types[] = {eTRNG, eDRNG};
    for (size_t type = 0; type < 2; ++type) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
            uint8_t first[256];
            uint8_t second[256];
            const sRngOptions_d options = {types[type], sizes[i]};
            sCmdResponse_d one = {sizeof first, first, 0};
            sCmdResponse_d two = {sizeof second, second, 0};
            CHECK_OK(CmdLib_GetRandom(&options, &one));
            CHECK_OK(CmdLib_GetRandom(&options, &two));
            CHECK(one.wRespLength == sizes[i] && two.wRespLength == sizes[i]);
            CHECK(memcmp(first, second, sizes[i]) != 0);
        }
    }
}

/* part is hashed in the chip; where the sequence yields a digest, it is that of whole. */
static void hash(sCalcHash_d* options, eHashSequence_d sequence, const uint8_t* part, uint16_t part_size,
                 const uint8_t* whole, uint16_t whole_size) {
    uint8_t expected[32];
    options->eHashSequence = sequence;
    options->sDataStream = (sbBlob_d){part_size, (uint8_t*)part};
    memset(options->sOutHash.prgbBuffer, 0, 32);
    CHECK_OK(CmdLib_CalcHash(options));
    if (whole != NULL) {
        sha256(whole, whole_size, expected);
        CHECK(options->sOutHash.wRespLength == 32 && memcmp(options->sOutHash.prgbBuffer, expected, 32) == 0);
    }
}

static void hashes(void) {
    uint8_t text[1400];
    uint8_t digest[32];
    uint8_t expected[32];
    uint8_t context[CALC_HASH_SHA256_CONTEXT_SIZE];
    sCalcHash_d options = {.eHashAlg = eSHA256,
                           .eHashDataType = eDataStream,
                           .sOutHash = {sizeof digest, digest, 0},
                           .sContextInfo = {eUnused, context, sizeof context}};
    RAND_bytes(text, sizeof text);
    hash(&options, eStartFinalizeHash, text, 1400, text, 1400);
    hash(&options, eStartHash, text, 500, NULL, 0);
    hash(&options, eContinueHash, text + 500, 500, NULL, 0);
    hash(&options, eIntermediateHash, text + 1000, 100, text, 1100);
    hash(&options, eFinalizeHash, text + 1100, 300, text, 1400);

    /* The context leaves the chip, another hash is calculated, and it comes back. */
    options.sContextInfo.eContextAction = eExport;
    hash(&options, eStartHash, text, 640, NULL, 0);
    CHECK(options.sContextInfo.dwContextLen == sizeof context);
    options.sContextInfo.eContextAction = eUnused;
    hash(&options, eStartFinalizeHash, text, 7, text, 7);
    options.sContextInfo.eContextAction = eImportExport;
    hash(&options, eContinueHash, text + 640, 64, NULL, 0);
    options.sContextInfo.eContextAction = eImport;
    hash(&options, eFinalizeHash, text + 704, 696, text, 1400);

    /* An object in the chip. */
    struct data object;
    CHECK_OK(get(0xF1E0, 0, 1500, &object));
    options.sContextInfo.eContextAction = eUnused;
    options.eHashDataType = eOIDData;
    options.eHashSequence = eStartFinalizeHash;
    options.sOIDData = (sOIDInfo_d){0xF1E0, 10, 1000};
    CHECK_OK(CmdLib_CalcHash(&options));
    sha256(object.bytes + 10, 1000, expected);
    CHECK(memcmp(digest, expected, sizeof expected) == 0);

    options.eHashSequence = eTerminateHash;
    CHECK_OK(CmdLib_CalcHash(&options));
    options.eHashDataType = eDataStream;
    options.eHashSequence = eFinalizeHash;
    options.sDataStream = (sbBlob_d){3, text};
    CHECK_ERROR(CmdLib_CalcHash(&options), out_of_sequence);
}

struct curve {
    const char* name;
    eAlgId_d id;
    uint16_t size;
};

static const struct curve curves[] = {{"P-256", eECC_NIST_P256, 32}, {"P-384", eECC_NIST_P384, 48}};

static void sign_and_verify(const struct curve* curve, uint16_t oid, EVP_PKEY* key, const sbBlob_d* public_key) {
    uint8_t digest[48];
    uint8_t bytes[160];
    sbBlob_d signature = {sizeof bytes, bytes};
    RAND_bytes(digest, sizeof digest);
    const sbBlob_d to_sign = {curve->size, digest};
    const sCalcSignOptions_d sign = {eECDSA_FIPS_186_3_WITHOUT_HASH, oid, to_sign};
    CHECK_OK(CmdLib_CalculateSign(&sign, &signature));
    CHECK(verifies(key, digest, curve->size, bytes, signature.wLen));
    const sVerifyOption_d verify = {eECDSA_FIPS_186_3_WITHOUT_HASH, eDataStream, {curve->id, *public_key}, 0};
    CHECK_OK(CmdLib_VerifySign(&verify, &to_sign, &signature));
    digest[3] ^= 1;
    CHECK_ERROR(CmdLib_VerifySign(&verify, &to_sign, &signature), signature_wrong);
}

static void agree_and_derive(const struct curve* curve, uint16_t oid, EVP_PKEY* key, EVP_PKEY* own) {
    uint8_t point[128];
    uint8_t secret_bytes[64];
    uint8_t derived_bytes[300];
    uint8_t expected[64];
    uint8_t session[48];
    uint8_t seed[64];
    sbBlob_d secret = {sizeof secret_bytes, secret_bytes};
    sbBlob_d derived = {sizeof derived_bytes, derived_bytes};
    const sbBlob_d peer = {(uint16_t)public_key_for_chip(own, point, sizeof point), point};
    RAND_bytes(seed, sizeof seed);

    sCalcSSecOptions_d agreement = {eECDH_NISTSP80056A, curve->id, oid, 0, peer};
    CHECK_OK(CmdLib_CalculateSharedSecret(&agreement, &secret));
    CHECK(agree(own, key, expected, curve->size));
    CHECK(secret.wLen == curve->size && memcmp(secret_bytes, expected, curve->size) == 0);

    /* The same into a session, from there out of the chip, into a second session, and from that one out. */
    agreement.wOIDSharedSecret = 0xE102;
    CHECK_OK(CmdLib_CalculateSharedSecret(&agreement, &secret));
    sDeriveKeyOptions_d derivation = {eTLS_PRF_SHA256, 0xE102, 40, 0, {sizeof seed, seed}};
    CHECK_OK(CmdLib_DeriveKey(&derivation, &derived));
    CHECK(tls_prf(secret_bytes, curve->size, seed, sizeof seed, expected, 40));
    CHECK(derived.wLen == 40 && memcmp(derived_bytes, expected, 40) == 0);
    derivation.wOIDDerivedKey = 0xE103;
    derivation.wDerivedKeyLen = sizeof session;
    CHECK_OK(CmdLib_DeriveKey(&derivation, &derived));
    CHECK(tls_prf(secret_bytes, curve->size, seed, sizeof seed, session, sizeof session));
    const sDeriveKeyOptions_d second = {eTLS_PRF_SHA256, 0xE103, 16, 0, {20, seed}};
    derived.wLen = sizeof derived_bytes;
    CHECK_OK(CmdLib_DeriveKey(&second, &derived));
    CHECK(tls_prf(session, sizeof session, seed, 20, expected, 16));
    CHECK(derived.wLen == 16 && memcmp(derived_bytes, expected, 16) == 0);
}

static void keys(const struct curve* curve) {
    static const uint16_t places[] = {0xE0F1, 0xE0F2, 0xE0F3, 0xE100, 0xE101};
    uint8_t public_bytes[128];
    uint8_t private_bytes[128];
    EVP_PKEY* own = EVP_EC_gen(curve->name);
    for (size_t i = 0; i < sizeof places / sizeof *places; ++i) {
        const sKeyPairOption_d options = {curve->id, eStorePrivKeyOnly, places[i],
                                          (eKeyUsage_d)(eAuthentication | eSign | eKeyAgreement)};
        sOutKeyPair_d pair = {{sizeof public_bytes, public_bytes}, {0, NULL}};
        CHECK_OK(CmdLib_GenerateKeyPair(&options, &pair));
        EVP_PKEY* key = chip_public_key(curve->name, public_bytes, pair.sPublicKey.wLen);
        CHECK(key != NULL);
        if (key != NULL) {
            sign_and_verify(curve, places[i], key, &pair.sPublicKey);
            agree_and_derive(curve, places[i], key, own);
        }
        EVP_PKEY_free(key);
    }
    const sKeyPairOption_d options = {curve->id, eExportKeyPair, 0, eSign};
    sOutKeyPair_d pair = {{sizeof public_bytes, public_bytes}, {sizeof private_bytes, private_bytes}};
    CHECK_OK(CmdLib_GenerateKeyPair(&options, &pair));
    CHECK(private_fits_public(curve->name, private_bytes, pair.sPrivateKey.wLen, public_bytes, pair.sPublicKey.wLen));
    EVP_PKEY_free(own);
}

/* One-way authentication with the key of the factory, whose certificate is in E0E0. */
static void authentication(void) {
    struct data certificate;
    uint8_t challenge[256];
    uint8_t bytes[160];
    CHECK_OK(get(0xE0E0, 0, 1728, &certificate));
    const uint8_t* der = certificate.bytes + 9;
    const uint16_t der_size = (uint16_t)(certificate.size - 9);
    EVP_PKEY* key = certificate_key(der, der_size);
    CHECK(key != NULL);
    if (key == NULL) {
        return;
    }
    RAND_bytes(challenge, sizeof challenge);
    for (uint16_t size = 8; size <= 256; size = (uint16_t)(size + 62)) {
        const sAuthMsg_d message = {size, challenge, eECDSA, 0xE0F0};
        sCmdResponse_d signature = {sizeof bytes, bytes, 0};
        CHECK_OK(CmdLib_GetSignature(&message, &signature));
        CHECK(signature.wRespLength == 64 && verifies_raw(key, challenge, size, bytes, 64));
    }

    sbBlob_d signature = {sizeof bytes, bytes};
    const sbBlob_d digest = {32, challenge};
    const sCalcSignOptions_d sign = {eECDSA_FIPS_186_3_WITHOUT_HASH, 0xE0F0, digest};
    CHECK_OK(CmdLib_CalculateSign(&sign, &signature));
    CHECK(verifies(key, challenge, 32, bytes, signature.wLen));

    /* VerifySign takes a bare certificate only, here one that was written as a trust anchor. */
    sVerifyOption_d verify = {
        .eSignScheme = eECDSA_FIPS_186_3_WITHOUT_HASH, .eVerifyDataType = eOIDData, .wOIDPubKey = 0xE0E0};
    CHECK_ERROR(CmdLib_VerifySign(&verify, &digest, &signature), invalid_certificate);
    CHECK_OK(set(0xE0E8, 0, der, der_size, eERASE_AND_WRITE));
    verify.wOIDPubKey = 0xE0E8;
    CHECK_OK(CmdLib_VerifySign(&verify, &digest, &signature));
    challenge[0] ^= 1;
    CHECK_ERROR(CmdLib_VerifySign(&verify, &digest, &signature), signature_wrong);
    EVP_PKEY_free(key);
}

static void check_uid(void) {
    struct data data;
    CHECK_OK(get(0xE0C2, 0, 27, &data));
    CHECK(data.size == 27);
}

static void resets(void) {
    static const ifx_i2c_reset_type_t types[] = {IFX_I2C_COLD_RESET, IFX_I2C_SOFT_RESET, IFX_I2C_WARM_RESET};
    for (size_t i = 0; i < sizeof types / sizeof *types; ++i) {
        struct data data;
        reset_chip(types[i]);
        CHECK(get(0xF1D0, 0, 10, &data) != CMD_LIB_OK); /* the application is closed */
        CHECK_OK(open_application());
        check_uid();
    }
}

/* Another address until the next reset, and for good. */
static void addresses(void) {
    const uint8_t usual = ifx_i2c_context_0.slave_address;
    CHECK(ifx_i2c_set_slave_address(&ifx_i2c_context_0, 0x41, 0) == IFX_I2C_STACK_SUCCESS);
    CHECK(optiga_pal_i2c_context_0.slave_address == 0x41);
    check_uid();
    reset_chip(IFX_I2C_WARM_RESET);
    CHECK(optiga_pal_i2c_context_0.slave_address == usual);
    CHECK_OK(open_application());
    check_uid();
    CHECK(ifx_i2c_set_slave_address(&ifx_i2c_context_0, 0x42, 1) == IFX_I2C_STACK_SUCCESS);
    reset_chip(IFX_I2C_COLD_RESET);
    CHECK(optiga_pal_i2c_context_0.slave_address == 0x42);
    CHECK_OK(open_application());
    check_uid();
    CHECK(ifx_i2c_set_slave_address(&ifx_i2c_context_0, usual, 1) == IFX_I2C_STACK_SUCCESS);
    check_uid();
}

int main(int argc, char** argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: session ADDRESS FRAME-SIZE KILOHERTZ\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    ifx_i2c_context_0.slave_address = (uint8_t)strtoul(argv[1], NULL, 16);
    ifx_i2c_context_0.frame_size = (uint16_t)strtoul(argv[2], NULL, 10);
    ifx_i2c_context_0.frequency = (uint16_t)strtoul(argv[3], NULL, 10);
    const uint32_t start = pal_os_timer_get_time_in_milliseconds();
    pal_os_event_init();
    open_chip();
    if (failures == 0) {
        system_objects();
        data_objects();
        random_numbers();
        hashes();
        keys(&curves[0]);
        keys(&curves[1]);
        authentication();
        resets();
        addresses();
    }
    printf("%d checks, %d failed; %lu transfers, %lu not acknowledged, %u ms\n", checks, failures,
           port_counters.transfers, port_counters.address_naks, pal_os_timer_get_time_in_milliseconds() - start);
    return failures != 0;
}
