using System.Text.Json.Nodes;
using Xunit;

namespace Edge.Crash.Tests;

/// <summary>
/// The power-cut simulator of the measuring rig: a preloaded shim forgets at the cut what was not synced, the server is
/// restarted on what is left, and everything it acknowledged is audited.
/// </summary>
public sealed class PowerCutTests
{
    /// <summary>The simulator's own load: instances are stored, by REST and C-STORE.</summary>
    [Theory]
    [MemberData(nameof(PowerCuts.Disks), MemberType = typeof(PowerCuts))]
    public async Task NothingAcknowledgedIsLostToPowerCuts(string mode, string torn, int seed)
    {
        JsonNode report = await PowerCuts.RunAsync("simulator.py", "--config {config} serve", mode, torn, seed, "--clients", "4", "--cstore", "1", "--max", "1.2");
        Assert.True((int?)report["acknowledged"] > PowerCuts.Rounds, "the load did not run");
        Assert.Equal(0, (int?)report["lost"]);
        Assert.Equal(0, (int?)report["damaged"]);
    }
}
