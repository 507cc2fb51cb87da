using System.Net.Sockets;
using System.Text;
using Edge.Server.Systemd;
using Edge.TestKit;
using Xunit;

namespace Edge.Unit.Tests.Server.Systemd;

public sealed class WatchdogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Socket _systemd = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

    public WatchdogTests()
    {
        _systemd.Bind(new UnixDomainSocketEndPoint(Address));
        _systemd.ReceiveTimeout = 3000;
    }

    private string Address => _folder.Combine("notify");

    public void Dispose()
    {
        _systemd.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void ReadyCarriesItsStatusOnOneLine()
    {
        using NotifySocket notify = new(Address);
        notify.Ready("all\nis well");
        Assert.Equal("READY=1\nSTATUS=all is well", Receive());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("relative/path")]
    public void WithoutAnAddressNothingIsSent(string? address)
    {
        using NotifySocket notify = new(address);
        notify.Ready("well");
        Assert.False(notify.IsConnected);
    }

    [Fact]
    public void ASocketThatIsGoneDoesNoHarm()
    {
        using NotifySocket notify = new(_folder.Combine("nobody"));
        notify.Pet();
        notify.Pet();
        Assert.True(notify.IsConnected);
    }

    [Fact]
    public void AnAbstractAddressIsReached()
    {
        string name = $"edge-test-{Guid.NewGuid():N}";
        using Socket listener = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint("\0" + name));
        listener.ReceiveTimeout = 3000;
        using NotifySocket notify = new("@" + name);
        notify.Pet();
        byte[] buffer = new byte[100];
        Assert.Equal("WATCHDOG=1", Encoding.UTF8.GetString(buffer, 0, listener.Receive(buffer)));
    }

    [Theory]
    [InlineData("30000000", null, 30.0)]
    [InlineData("500000", "7", 0.5)]
    [InlineData("500000", "8", null)]
    [InlineData("0", null, null)]
    [InlineData("-5", null, null)]
    [InlineData("soon", null, null)]
    [InlineData(null, null, null)]
    public void TheIntervalIsOursAlone(string? microseconds, string? pid, double? seconds) =>
        Assert.Equal(seconds, Watchdog.IntervalOf(microseconds, pid, 7)?.TotalSeconds);

    [Fact]
    public void PetsWhileEveryLoopTurnsAndNotAfterwards()
    {
        long age = 0;
        using NotifySocket notify = new(Address);
        using (Watchdog watchdog = new(notify, TimeSpan.FromMilliseconds(100), [new("loop", () => TimeSpan.FromSeconds(Interlocked.Read(ref age)))], () => "well"))
        {
            watchdog.Start();
            Assert.Equal("WATCHDOG=1", Receive());
            Assert.Equal("STATUS=well", Receive());
            Assert.Equal("WATCHDOG=1", Receive());

            Interlocked.Exchange(ref age, 60);
            string last;
            do
            {
                last = Receive();
            }
            while (last == "WATCHDOG=1");
            Assert.Equal("STATUS=loop does not answer", last);
            Thread.Sleep(400);
            Assert.Equal(0, _systemd.Available);

            Interlocked.Exchange(ref age, 0);
            Assert.Equal("WATCHDOG=1", Receive());
        }
    }

    private string Receive()
    {
        byte[] buffer = new byte[1000];
        return Encoding.UTF8.GetString(buffer, 0, _systemd.Receive(buffer));
    }
}
