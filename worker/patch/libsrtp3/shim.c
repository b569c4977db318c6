/* libsrtp 3's interface on top of libsrtp 2. See srtp.h for what it is and why. */
#define TUREEN_SRTP_SHIM
#include "srtp.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* SRTCP adds its index and the E flag to what SRTP adds. */
#define SRTCP_INDEX_LEN 4

struct tureen_srtp_policy {
    srtp_policy_t policy;
    /* Key and salt one after the other, as libsrtp 2 wants them. */
    unsigned char key[SRTP_MAX_KEY_LEN];
    size_t expected_key_len;
    size_t expected_salt_len;
    bool has_key;
};

typedef srtp_err_status_t (*in_place_function)(srtp_t session, void *packet, int *len);

srtp_err_status_t tureen_srtp_policy_create(tureen_srtp_policy_t *policy)
{
    *policy = calloc(1, sizeof(**policy));

    return *policy ? srtp_err_status_ok : srtp_err_status_alloc_fail;
}

void tureen_srtp_policy_destroy(tureen_srtp_policy_t policy)
{
    if (!policy) {
        return;
    }

    /* The volatile pointer keeps the compiler from dropping the wiping of the key as a dead store. */
    volatile unsigned char *key = policy->key;

    for (size_t i = 0; i < sizeof(policy->key); i++) {
        key[i] = 0;
    }

    free(policy);
}

srtp_err_status_t tureen_srtp_policy_set_ssrc(tureen_srtp_policy_t policy, srtp_ssrc_t ssrc)
{
    policy->policy.ssrc = ssrc;

    return srtp_err_status_ok;
}

srtp_err_status_t tureen_srtp_policy_set_profile(tureen_srtp_policy_t policy, srtp_profile_t profile)
{
    srtp_err_status_t status = srtp_crypto_policy_set_from_profile_for_rtp(&policy->policy.rtp, profile);

    if (status == srtp_err_status_ok) {
        status = srtp_crypto_policy_set_from_profile_for_rtcp(&policy->policy.rtcp, profile);
    }

    policy->expected_key_len = srtp_profile_get_master_key_length(profile);
    policy->expected_salt_len = srtp_profile_get_master_salt_length(profile);

    return status;
}

srtp_err_status_t tureen_srtp_policy_add_key(tureen_srtp_policy_t policy,
                                             const uint8_t *key,
                                             size_t key_len,
                                             const uint8_t *salt,
                                             size_t salt_len,
                                             const uint8_t *mki,
                                             size_t mki_len)
{
    /* The worker uses one key without an identifier. Anything else is refused instead of being half supported. */
    if (mki || mki_len != 0 || policy->has_key) {
        return srtp_err_status_bad_param;
    }

    /* libsrtp 2 reads as many bytes as the profile says without knowing how many there are. */
    if (key_len == 0 || key_len != policy->expected_key_len || salt_len != policy->expected_salt_len ||
        key_len + salt_len > sizeof(policy->key)) {
        return srtp_err_status_bad_param;
    }

    memcpy(policy->key, key, key_len);
    memcpy(policy->key + key_len, salt, salt_len);
    policy->policy.key = policy->key;
    policy->has_key = true;

    return srtp_err_status_ok;
}

srtp_err_status_t tureen_srtp_policy_set_allow_repeat_tx(tureen_srtp_policy_t policy, bool allow)
{
    policy->policy.allow_repeat_tx = allow ? 1 : 0;

    return srtp_err_status_ok;
}

srtp_err_status_t tureen_srtp_policy_set_window_size(tureen_srtp_policy_t policy, size_t window_size)
{
    policy->policy.window_size = (unsigned long)window_size;

    return srtp_err_status_ok;
}

srtp_err_status_t tureen_srtp_create(srtp_t *session, tureen_srtp_policy_t policy)
{
    if (!policy->has_key) {
        return srtp_err_status_bad_param;
    }

    /* libsrtp 2 derives its session keys here and keeps no pointer into the policy. */
    return srtp_create(session, &policy->policy);
}

srtp_err_status_t tureen_srtp_stream_remove(srtp_t session, uint32_t ssrc)
{
    /* Both generations take the SSRC in network byte order. */
    return srtp_remove_stream(session, ssrc);
}

/* Copies the packet to where the result goes and lets libsrtp 2 work there; `growth` is what it may append. */
static srtp_err_status_t run_out_of_place(in_place_function function,
                                          srtp_t session,
                                          const uint8_t *in,
                                          size_t in_len,
                                          uint8_t *out,
                                          size_t *out_len,
                                          size_t growth)
{
    if (in_len > INT_MAX - growth) {
        return srtp_err_status_bad_param;
    }

    if (*out_len < in_len + growth) {
        return srtp_err_status_buffer_small;
    }

    if (in != out) {
        memmove(out, in, in_len);
    }

    int len = (int)in_len;
    srtp_err_status_t status = function(session, out, &len);

    if (status == srtp_err_status_ok) {
        *out_len = (size_t)len;
    }

    return status;
}

srtp_err_status_t tureen_srtp_protect(srtp_t session, const uint8_t *in, size_t in_len, uint8_t *out,
                                      size_t *out_len, size_t mki_index)
{
    if (mki_index != 0) {
        return srtp_err_status_bad_mki;
    }

    return run_out_of_place(srtp_protect, session, in, in_len, out, out_len, SRTP_MAX_TRAILER_LEN);
}

srtp_err_status_t tureen_srtp_unprotect(srtp_t session, const uint8_t *in, size_t in_len, uint8_t *out,
                                        size_t *out_len)
{
    return run_out_of_place(srtp_unprotect, session, in, in_len, out, out_len, 0);
}

srtp_err_status_t tureen_srtp_protect_rtcp(srtp_t session, const uint8_t *in, size_t in_len, uint8_t *out,
                                           size_t *out_len, size_t mki_index)
{
    if (mki_index != 0) {
        return srtp_err_status_bad_mki;
    }

    return run_out_of_place(srtp_protect_rtcp, session, in, in_len, out, out_len,
                            SRTP_MAX_TRAILER_LEN + SRTCP_INDEX_LEN);
}

srtp_err_status_t tureen_srtp_unprotect_rtcp(srtp_t session, const uint8_t *in, size_t in_len, uint8_t *out,
                                             size_t *out_len)
{
    return run_out_of_place(srtp_unprotect_rtcp, session, in, in_len, out, out_len, 0);
}
