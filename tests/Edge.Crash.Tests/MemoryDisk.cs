using Edge.TestKit;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Crash.Tests;

/// <summary>A small file system in memory, mounted in a folder for a test; gone with it. Tests are skipped where nothing can be mounted.</summary>
public sealed class MemoryDisk : IAsyncDisposable
{
    private MemoryDisk(string path) => Path = path;

    public string Path { get; }

    /// <param name="size">As mount(8) takes it: <c>64m</c>.</param>
    public static async Task<MemoryDisk> MountAsync(TemporaryFolder folder, string size)
    {
        string path = folder.Combine("disk");
        Directory.CreateDirectory(path);
        ToolResult mount = await Tool.RunAsync("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", path);
        Assert.SkipWhen(mount.ExitCode != 0, "file systems cannot be mounted here");
        return new MemoryDisk(path);
    }

    /// <summary>Nobody may have a file of it open for writing.</summary>
    public async Task MakeReadOnlyAsync(bool isReadOnly)
    {
        ToolResult mount = await Tool.RunAsync("mount", "-o", isReadOnly ? "remount,ro" : "remount,rw", Path);
        Assert.True(mount.ExitCode == 0, mount.Error);
    }

    public async ValueTask DisposeAsync() => await Tool.RunAsync("umount", "-l", Path);
}
