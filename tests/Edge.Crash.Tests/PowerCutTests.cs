using System.Text.Json.Nodes;
using Edge.TestKit;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Crash.Tests;

/// <summary>
/// The power-cut simulator of the measuring rig: a preloaded shim forgets at the cut what was not synced, the server is
/// restarted on what is left, and everything it acknowledged is audited.
/// </summary>
public sealed class PowerCutTests
{
    private static readonly int Rounds = Scale.Rounds(20, 200);

    /// <summary>What the shim keeps: names as ext4 does, as POSIX promises, and any part of what was not synced.</summary>
    public static TheoryData<string, string> Disks { get; } = new() { { "ext4", "" }, { "strict", "" }, { "ext4", "torn" } };

    /// <summary>The simulator's own load: instances are stored, by REST and C-STORE.</summary>
    [Theory]
    [MemberData(nameof(Disks))]
    public async Task NothingAcknowledgedIsLostToPowerCuts(string mode, string torn)
    {
        JsonNode report = await CutAsync("simulator.py", "--config {config} serve", mode, torn, "--clients", "4", "--cstore", "1", "--max", "1.2");
        Assert.True((int?)report["acknowledged"] > Rounds, "the load did not run");
        Assert.Equal(0, (int?)report["lost"]);
        Assert.Equal(0, (int?)report["damaged"]);
    }

    /// <summary>Ours: they are overwritten and deleted too, and limits of patients and of size recycle all the while.</summary>
    [Theory]
    [MemberData(nameof(Disks))]
    public async Task NothingIsLostOrComesBackWhereInstancesAreOverwrittenDeletedAndRecycled(string mode, string torn)
    {
        JsonNode report = await CutAsync("mixed.py", "--verbose --config {config} serve", mode, torn);
        Assert.Empty(report["wrong"]!.AsArray());
        foreach (string kind in (string[])["stored", "overwritten", "instances", "series", "patients", "recycled", "recycled_by_size"])
        {
            Assert.True((int?)report[kind] > 0, $"the load did not run: {kind}\n{report}");
        }
    }

    /// <summary>Runs a script of <c>powercut/</c>; its summary.</summary>
    private static async Task<JsonNode> CutAsync(string script, string command, string mode, string torn, params string[] options)
    {
        Assert.SkipWhen(RepositoryPaths.Rig is null, "the measuring rig is not beside the repository");
        using TemporaryFolder folder = new("edge-powercut-");
        string summary = folder.Combine("summary.json");
        List<string> arguments =
        [
            Path.Combine(RepositoryPaths.Root, "tests", "Edge.Crash.Tests", "powercut", script), RepositoryPaths.Rig!,
            "--cmd", $"{RepositoryPaths.Binary} {command}", "--rounds", $"{Rounds}", "--mode", mode, "--json", summary, .. options,
        ];
        if (torn.Length > 0)
        {
            arguments.AddRange(["--survive", "0.5", "--survive-meta", "0.3", "--seed", "7"]);
        }

        ToolResult result = await Tool.RunAsync(TimeSpan.FromMinutes(Scale.Rounds(10, 60)), "/usr/bin/python3", arguments);
        Assert.True(result.ExitCode == 0, $"{result.Output}\n{result.Error}");
        return JsonNode.Parse(await File.ReadAllTextAsync(summary))!;
    }
}
