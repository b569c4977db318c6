/*
 * The part of libsrtp 3's interface that mediasoup's worker uses, on top of libsrtp 2.
 *
 * Constants and plain types are those of libsrtp 2. Functions and types whose meaning changed between 2 and 3 get
 * a name of their own here, and macros make the worker's source call those, so that nothing clashes at link time.
 */
#ifndef TUREEN_SRTP3_ON_2_H
#define TUREEN_SRTP3_ON_2_H

#include <srtp2/srtp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Error codes that libsrtp 2 does not have. They fit into the range of its enumeration. */
#define srtp_err_status_buffer_small ((srtp_err_status_t)28)
#define srtp_err_status_cryptex_err ((srtp_err_status_t)29)

#ifdef __cplusplus
extern "C" {
#endif

/* In libsrtp 3 a policy is an opaque object that owns copies of its keys. */
typedef struct tureen_srtp_policy *tureen_srtp_policy_t;

srtp_err_status_t tureen_srtp_policy_create(tureen_srtp_policy_t *policy);
void tureen_srtp_policy_destroy(tureen_srtp_policy_t policy);
srtp_err_status_t tureen_srtp_policy_set_ssrc(tureen_srtp_policy_t policy, srtp_ssrc_t ssrc);
srtp_err_status_t tureen_srtp_policy_set_profile(tureen_srtp_policy_t policy, srtp_profile_t profile);
srtp_err_status_t tureen_srtp_policy_add_key(tureen_srtp_policy_t policy,
                                             const uint8_t *key,
                                             size_t key_len,
                                             const uint8_t *salt,
                                             size_t salt_len,
                                             const uint8_t *mki,
                                             size_t mki_len);
srtp_err_status_t tureen_srtp_policy_set_allow_repeat_tx(tureen_srtp_policy_t policy, bool allow);
srtp_err_status_t tureen_srtp_policy_set_window_size(tureen_srtp_policy_t policy, size_t window_size);

srtp_err_status_t tureen_srtp_create(srtp_t *session, tureen_srtp_policy_t policy);
srtp_err_status_t tureen_srtp_stream_remove(srtp_t session, uint32_t ssrc);

/*
 * Out of place, unlike libsrtp 2: `in` of `in_len` bytes is read, the result goes to `out`. `*out_len` is the room in
 * `out` before the call and the length of the result after it. `in` and `out` may be the same buffer.
 */
srtp_err_status_t tureen_srtp_protect(srtp_t session, const uint8_t *in, size_t in_len, uint8_t *out,
                                      size_t *out_len, size_t mki_index);
srtp_err_status_t tureen_srtp_unprotect(srtp_t session, const uint8_t *in, size_t in_len, uint8_t *out,
                                        size_t *out_len);
srtp_err_status_t tureen_srtp_protect_rtcp(srtp_t session, const uint8_t *in, size_t in_len, uint8_t *out,
                                           size_t *out_len, size_t mki_index);
srtp_err_status_t tureen_srtp_unprotect_rtcp(srtp_t session, const uint8_t *in, size_t in_len, uint8_t *out,
                                             size_t *out_len);

#ifdef __cplusplus
}
#endif

/* shim.c itself has to reach the functions of libsrtp 2 under their own names. */
#ifndef TUREEN_SRTP_SHIM
#define srtp_policy_t tureen_srtp_policy_t
#define srtp_policy_create tureen_srtp_policy_create
#define srtp_policy_destroy tureen_srtp_policy_destroy
#define srtp_policy_set_ssrc tureen_srtp_policy_set_ssrc
#define srtp_policy_set_profile tureen_srtp_policy_set_profile
#define srtp_policy_add_key tureen_srtp_policy_add_key
#define srtp_policy_set_allow_repeat_tx tureen_srtp_policy_set_allow_repeat_tx
#define srtp_policy_set_window_size tureen_srtp_policy_set_window_size
#define srtp_create tureen_srtp_create
#define srtp_stream_remove tureen_srtp_stream_remove
#define srtp_protect tureen_srtp_protect
#define srtp_unprotect tureen_srtp_unprotect
#define srtp_protect_rtcp tureen_srtp_protect_rtcp
#define srtp_unprotect_rtcp tureen_srtp_unprotect_rtcp
#endif

#endif
