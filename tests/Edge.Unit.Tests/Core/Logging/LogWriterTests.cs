using System.Text;
using System.Text.Json;
using Edge.Core.Logging;
using Edge.Core.Options;
using Xunit;

namespace Edge.Unit.Tests.Core.Logging;

[Collection("The log of the process")]
public sealed class LogWriterTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(10);

    [Fact]
    public void TextBearsTimeSeverityAndCategory() =>
        Assert.Equal("2026-11-21T04:06:12.123Z W http: port 8042\n", Written(LogFormat.Text, false, static w => w.Write(LogSeverity.Warning, "http", "port 8042", null)));

    [Theory]
    [InlineData(LogSeverity.Error, "<3>dicom: x\n")]
    [InlineData(LogSeverity.Warning, "<4>dicom: x\n")]
    [InlineData(LogSeverity.Info, "<6>dicom: x\n")]
    [InlineData(LogSeverity.Trace, "<7>dicom: x\n")]
    public void TheJournalGetsPriorities(LogSeverity severity, string expected) =>
        Assert.Equal(expected, Written(LogFormat.Text, true, w => w.Write(severity, "dicom", "x", null)));

    [Fact]
    public void JsonIsOneObjectPerLine()
    {
        string line = Written(LogFormat.Json, false, static w => w.Write(LogSeverity.Error, "jobs", "a \"quoted\" \\ ä\n\u0001", new InvalidOperationException("because")));
        Assert.Single(line, static c => c == '\n');
        using JsonDocument json = JsonDocument.Parse(line);
        Assert.Equal("2026-11-21T04:06:12.123Z", json.RootElement.GetProperty("time").GetString());
        Assert.Equal("error", json.RootElement.GetProperty("level").GetString());
        Assert.Equal("jobs", json.RootElement.GetProperty("category").GetString());
        Assert.Equal("a \"quoted\" \\ ä\n\u0001", json.RootElement.GetProperty("message").GetString());
        Assert.Contains("because", json.RootElement.GetProperty("exception").GetString());
    }

    [Fact]
    public void AMessageCannotForgeALine() =>
        Assert.Equal(
            "<4>http: GET /a\\n<3>http: forged\\r\\u001b[31m\\u0085\\u2028\n",
            Written(LogFormat.Text, true, static w => w.Write(LogSeverity.Warning, "http", "GET /a\n<3>http: forged\r\u001b[31m\u0085\u2028", null)));

    [Fact]
    public void EachLineOfATraceHasThePriority()
    {
        string text = Written(LogFormat.Text, true, static w =>
        {
            try
            {
                throw new InvalidOperationException("because");
            }
            catch (InvalidOperationException e)
            {
                w.Write(LogSeverity.Error, "http", "failed", e);
            }
        });
        string[] lines = text.TrimEnd('\n').Split('\n');
        Assert.True(lines.Length >= 3, text);
        Assert.All(lines, static line => Assert.StartsWith("<3>http: ", line));
        Assert.Contains("InvalidOperationException: because", lines[1]);
    }

    [Fact]
    public void ALongMessageIsCutOff()
    {
        string text = Written(LogFormat.Text, true, static w => w.Write(LogSeverity.Warning, "http", new string('x', 100_000), null));
        Assert.Equal(LogText.MaximumLength, text.Count(static c => c == 'x'));
    }

    [Fact]
    public void AStalledReaderStallsNobodyAndLossesAreReported()
    {
        using StallingStream stream = new();
        using LogWriter writer = new(stream, LogFormat.Text, true);
        writer.Write(LogSeverity.Warning, "http", "first", null);
        Assert.True(stream.Entered.Wait(Long));
        for (int i = 0; i < 10_000; i++)
        {
            writer.Write(LogSeverity.Warning, "http", new string('x', 100), null);
        }

        Assert.False(writer.Flush(TimeSpan.FromMilliseconds(20)));
        stream.Gate.Set();
        Assert.True(writer.Flush(Long));
        string text = stream.Text;
        Assert.StartsWith("<4>http: first\n<4>http: xxx", text);
        Assert.Matches("generic: [0-9]+ log lines were lost", text);
        int kept = text.Split('\n').Count(static line => line.EndsWith("xxx", StringComparison.Ordinal));
        int lost = int.Parse(text.Split("generic: ")[1].Split(' ')[0]);
        Assert.Equal(10_000, kept + lost);
    }

    [Fact]
    public void CategoriesAreSwitchedOneByOneAndOffCostsNothing()
    {
        LogCategory category = new("test");
        int evaluated = 0;
        string Count()
        {
            evaluated++;
            return "x";
        }

        category.Info($"{Count()}");
        category.Trace($"{Count()}");
        Assert.Equal(0, evaluated);
        Assert.False(category.IsEnabled(LogSeverity.Info));
        Assert.True(category.IsEnabled(LogSeverity.Warning));
        category.Level = LogLevel.Verbose;
        Assert.True(category.IsEnabled(LogSeverity.Info));
        Assert.False(category.IsEnabled(LogSeverity.Trace));
        category.Level = LogLevel.Trace;
        Assert.True(category.IsEnabled(LogSeverity.Trace));

        long before = GC.GetAllocatedBytesForCurrentThread();
        category.Level = LogLevel.Default;
        for (int i = 0; i < 1000; i++)
        {
            category.Trace($"{i} of {before}");
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void InterpolatedMessagesAreWrittenWithoutGarbage()
    {
        MemoryStream stream = new(1 << 20);
        using LogWriter writer = new(stream, LogFormat.Text, true);
        LogWriter former = Log.Writer;
        Log.Writer = writer;
        LogLevel level = Log.Lua.Level;
        Log.Lua.Level = LogLevel.Verbose;
        try
        {
            long allocated = 0;
            for (int i = 0; i < 200; i++)
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                Log.Lua.Info($"instance {i} of {200:x4}: {"text"} {TimeSpan.FromSeconds(1)} {'c'} {"span".AsSpan()}");
                allocated = i == 199 ? GC.GetAllocatedBytesForCurrentThread() - before : 0;
            }

            Assert.Equal(0, allocated);
            Assert.True(writer.Flush(Long));
        }
        finally
        {
            Log.Lua.Level = level;
            Log.Writer = former;
        }

        Assert.Contains("<6>lua: instance 199 of 00c8: text 00:00:01 c span\n", Encoding.UTF8.GetString(stream.ToArray()));
    }

    [Fact]
    public void TheLevelOfAllIsTheLeast()
    {
        Assert.Equal(["generic", "plugins", "http", "sqlite", "dicom", "jobs", "lua"], Log.Categories.Select(static c => c.Name));
        Assert.Same(Log.Dicom, Log.Find("dicom"));
        Assert.Null(Log.Find("none"));
    }

    private static string Written(LogFormat format, bool isJournal, Action<LogWriter> write)
    {
        MemoryStream stream = new();
        using LogWriter writer = new(stream, format, isJournal, new FixedClock());
        write(writer);
        Assert.True(writer.Flush(Long));
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private sealed class FixedClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 11, 21, 4, 6, 12, 123, TimeSpan.Zero);
    }

    private sealed class StallingStream : Stream
    {
        private readonly MemoryStream _written = new();

        public ManualResetEventSlim Gate { get; } = new();

        public ManualResetEventSlim Entered { get; } = new();

        public string Text => Encoding.UTF8.GetString(_written.ToArray());

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Write(byte[] buffer, int offset, int count)
        {
            Entered.Set();
            Gate.Wait(Long);
            _written.Write(buffer, offset, count);
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
