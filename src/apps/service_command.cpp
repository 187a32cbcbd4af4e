// SPDX-License-Identifier: Apache-2.0
#include "apps/service_command.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "apps/venue_sim.hpp"

namespace tradewind::apps {

void add_service_command(CLI::App& app, int& exit_code) {
    CLI::App* service = app.add_subcommand("service", "what runs until it is told to stop");
    service->require_subcommand(1);
    CLI::App* verb =
        service->add_subcommand("venue-sim", "an exchange that any bot can trade against");
    const auto o = std::make_shared<VenueSimOptions>();
    verb->add_option("--exchange", o->exchange, "whose protocol it speaks: binance");
    verb->add_option("--catalog", o->catalog, "whose market data are its market");
    verb->add_option("--instrument", o->instruments,
                     "which of them (default: every pair that can be played)");
    verb->add_option("--from", o->from,
                     "the recorded instant that is now when it starts (default: the first day)");
    verb->add_option("--speed", o->speed, "how many times as fast the recording runs");
    verb->add_option("--seed", o->seed, "a made-up market of this seed, without a catalog");
    verb->add_option("--address", o->address, "to listen on");
    verb->add_option("--port", o->port, "0: any free one");
    verb->add_option("--tls-cert", o->certificate_file, "chain of certificates, in PEM");
    verb->add_option("--tls-key", o->key_file, "its private key, in PEM");
    verb->add_option("--accounts", o->accounts_file,
                     "JSON: names, keys, secrets or public keys, balances");
    verb->add_option("--api-key", o->api_key, "of the one account, without --accounts");
    verb->add_option("--api-secret", o->api_secret, "its secret");
    verb->add_option("--deposit", o->deposits,
                     "what it owns: USDT=100000 (default: 1,000,000 of each quote, 100 of each "
                     "base)");
    verb->add_option("--for", o->stop_after, "stop after a while: 120s");
    verb->add_flag("--json", o->json, "tell the port and the end as JSON");
    verb->callback([o, &exit_code] { exit_code = run_venue_sim(*o); });
}

}  // namespace tradewind::apps
