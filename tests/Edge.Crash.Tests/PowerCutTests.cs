using System.Text.Json.Nodes;
using Edge.TestKit;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Crash.Tests;

/// <summary>
/// The power-cut simulator of the measuring rig: a preloaded shim forgets at the cut what was not synced, the server is
/// restarted on what is left, and every acknowledged instance is audited.
/// </summary>
public sealed class PowerCutTests
{
    [Theory]
    [InlineData("ext4", "")]
    [InlineData("strict", "")]
    [InlineData("ext4", "torn")]
    public async Task NothingAcknowledgedIsLostToPowerCuts(string mode, string torn)
    {
        Assert.SkipWhen(RepositoryPaths.Rig is null, "the measuring rig is not beside the repository");
        using TemporaryFolder folder = new("edge-powercut-");
        string summary = folder.Combine("summary.json");
        int rounds = Scale.Rounds(20, 200);
        List<string> arguments =
        [
            Path.Combine(RepositoryPaths.Root, "tests", "Edge.Crash.Tests", "powercut.py"),
            Path.Combine(RepositoryPaths.Rig!, "powercut", "powercut_test.py"),
            "--cmd", $"{RepositoryPaths.Binary} --config {{config}} serve",
            "--rounds", $"{rounds}", "--mode", mode, "--clients", "4", "--cstore", "1", "--max", "1.2", "--json", summary,
        ];
        if (torn.Length > 0)
        {
            arguments.AddRange(["--survive", "0.5", "--survive-meta", "0.3", "--seed", "7"]);
        }

        ToolResult result = await Tool.RunAsync(TimeSpan.FromMinutes(Scale.Rounds(10, 60)), "/usr/bin/python3", arguments);
        Assert.True(result.ExitCode == 0, $"{result.Output}\n{result.Error}");
        JsonNode report = JsonNode.Parse(await File.ReadAllTextAsync(summary))!;
        Assert.True((int?)report["acknowledged"] > rounds, "the load did not run");
        Assert.Equal(0, (int?)report["lost"]);
        Assert.Equal(0, (int?)report["damaged"]);
    }
}
