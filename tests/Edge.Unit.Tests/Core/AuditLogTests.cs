using System.Text.Json;
using Edge.Core.Auditing;
using Edge.Core.Errors;
using Edge.Core.Options;
using Xunit;

namespace Edge.Unit.Tests.Core;

/// <summary>The audit log: whole lines, files that are rotated, and losses that are counted.</summary>
public sealed class AuditLogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edge-audit-").FullName;

    private string Path => System.IO.Path.Combine(_folder, "audit.jsonl");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void EachEntryIsALineWithWhoDidWhat()
    {
        using (AuditLog log = new(Path, 1 << 20, 3))
        {
            log.Write(new AuditEntry(AuditAction.Send, "alice", "10.0.0.1", "C-STORE", "a\"b\nc", "PACS", "0000"));
            log.Write(Entry(2));
        }

        string[] lines = File.ReadAllLines(Path);
        Assert.Equal(2, lines.Length);
        JsonElement first = JsonDocument.Parse(lines[0]).RootElement;
        Assert.Equal(
            ["send", "alice", "10.0.0.1", "C-STORE", "a\"b\nc", "PACS", "0000"],
            new[] { "action", "actor", "address", "operation", "subject", "peer", "outcome" }.Select(name => first.GetProperty(name).GetString()));
        Assert.True(DateTime.UtcNow - first.GetProperty("time").GetDateTime() < TimeSpan.FromMinutes(1));
        Assert.False(JsonDocument.Parse(lines[1]).RootElement.TryGetProperty("peer", out _));
    }

    [Fact]
    public void FilesAreRotatedAndTheOldestDeleted()
    {
        for (int run = 0; run < 6; run++)
        {
            // Each run appends; a file that has reached its size is put aside first.
            using AuditLog log = new(Path, 10, 3);
            log.Write(Entry(run));
        }

        Assert.Equal(["audit.jsonl", "audit.jsonl.1", "audit.jsonl.2"], Directory.GetFiles(_folder).Select(System.IO.Path.GetFileName).Order());
        Assert.Contains("\"subject\":\"5\"", File.ReadAllText(Path));
        Assert.Contains("\"subject\":\"4\"", File.ReadAllText(Path + ".1"));
        Assert.Contains("\"subject\":\"3\"", File.ReadAllText(Path + ".2"));
    }

    [Fact]
    public void NothingIsOverwrittenByARestart()
    {
        for (int run = 0; run < 3; run++)
        {
            using AuditLog log = new(Path, 1 << 20, 1);
            log.Write(Entry(run));
        }

        Assert.Equal(3, File.ReadAllLines(Path).Length);
    }

    [Fact]
    public void WritersNeverWaitAndEveryEntryIsWrittenOrCounted()
    {
        const int Each = 20_000;
        AuditLog log = new(Path, 1 << 30, 1);
        Parallel.For(0, 4, caller =>
        {
            for (int i = 0; i < Each; i++)
            {
                log.Write(Entry(i));
            }
        });
        log.Dispose();
        Assert.Equal(4 * Each, log.Written + log.Lost);
        Assert.Equal(log.Written, File.ReadLines(Path).LongCount());
        long lost = log.Lost;
        log.Write(Entry(0));
        Assert.Equal(lost + 1, log.Lost);
    }

    [Fact]
    public void AFileThatCannotBeOpenedIsNamedAtTheStart()
    {
        EdgeException e = Assert.Throws<EdgeException>(() => new AuditLog(new AuditOptions { File = System.IO.Path.Combine(_folder, "nowhere", "audit.jsonl") }));
        Assert.Equal(ErrorCode.CannotWriteFile, e.Code);
        Assert.Contains("Edge.Audit.File", e.Message);
        Assert.Null(AuditLog.Open(new AuditOptions()));
    }

    private static AuditEntry Entry(int number) => new(AuditAction.Read, "", "127.0.0.1", "GET", $"{number}", "", "200");
}
