using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

/// <summary>One native server for the tests of a class.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    public EdgeServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await EdgeServer.StartNewAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
