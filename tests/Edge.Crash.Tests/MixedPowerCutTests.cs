using System.Text.Json.Nodes;
using Xunit;

namespace Edge.Crash.Tests;

/// <summary>The power cuts of <see cref="PowerCutTests"/> where more happens to instances than being stored; beside them, so that both wait for their servers at the same time.</summary>
public sealed class MixedPowerCutTests
{
    /// <summary>Ours: they are overwritten and deleted too, and limits of patients and of size recycle all the while.</summary>
    [Theory]
    [MemberData(nameof(PowerCuts.Disks), MemberType = typeof(PowerCuts))]
    public async Task NothingIsLostOrComesBackWhereInstancesAreOverwrittenDeletedAndRecycled(string mode, string torn, int seed)
    {
        JsonNode report = await PowerCuts.RunAsync("mixed.py", "--verbose --config {config} serve", mode, torn, seed);
        Assert.Empty(report["wrong"]!.AsArray());
        foreach (string kind in (string[])["stored", "overwritten", "instances", "series", "patients", "recycled", "recycled_by_size"])
        {
            Assert.True((int?)report[kind] > 0, $"the load did not run: {kind}\n{report}");
        }
    }
}
