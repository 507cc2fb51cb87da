using Edge.Rest.Hosting;
using Xunit;

namespace Edge.Unit.Tests.Rest;

public sealed class RouteMatcherTests
{
    private static readonly RouteMatcher Matcher = new(
    [
        Row("GET", "/a/b/c"), Row("GET", "/a/{x}/d"), Row("DELETE", "/a/{x}/d"), Row("POST", "/a/b/c/e"), Row("PUT", "/a/b"),
        Row("GET", "/jobs/{id}/{key}"), Row("POST", "/jobs/{id}/cancel"), Row("GET", "/files/{path}"), Row(Route.AnyMethod, "/dav/{path}"), Row("GET", "/"),
    ]);

    [Theory]
    [InlineData("/a/b/c", "/a/b/c", "")]
    [InlineData("/a/b/c/", "/a/b/c", "")]
    [InlineData("//a//b/c//", "/a/b/c", "")]
    [InlineData("/a/b/d", "/a/{x}/d", "b")]
    [InlineData("/a/z/d?x=/", "/a/{x}/d", "z")]
    [InlineData("/a/%62%2Fz/d", "/a/{x}/d", "b/z")]
    [InlineData("/a/%c3%a9/d", "/a/{x}/d", "\u00e9")]
    [InlineData("/a/%zz/d", "/a/{x}/d", "%zz")]
    [InlineData("/jobs/1/cancel", "/jobs/{id}/{key}", "1,cancel")]
    [InlineData("/files/a/b/c", "/files/{path}", "a/b/c")]
    [InlineData("/files/a/1/2/3/4/5/6/7/8/9/1/2/3/4/5/6/7/8/9/1/2/3/4/5/6/7/8/9", "/files/{path}", "a/1/2/3/4/5/6/7/8/9/1/2/3/4/5/6/7/8/9/1/2/3/4/5/6/7/8/9")]
    [InlineData("/", "/", "")]
    public void FindsTheRoute(string target, string path, string parameters)
    {
        RouteMatch match = Match(target, Verb.Get);
        Assert.Equal(MatchKind.Found, match.Kind);
        Assert.Equal(path, match.Endpoint!.Route.Path);
        List<string> values = [];
        for (int i = 0; i < match.ParameterCount; i++)
        {
            values.Add(match.Parameter(i).ToString());
        }

        Assert.Equal(parameters, string.Join(',', values));
    }

    [Theory]
    [InlineData("/nope", MatchKind.Unknown, 0)]
    [InlineData("/files", MatchKind.Unknown, 0)]
    [InlineData("/a", MatchKind.Directory, 0)]
    [InlineData("/a/b", MatchKind.Directory, 0)]
    [InlineData("/a/b/c/e", MatchKind.OtherMethod, 2)]
    [InlineData("/a/../b", MatchKind.Malformed, 0)]
    [InlineData("/a/%2e%2e/b", MatchKind.Malformed, 0)]
    [InlineData("/a/%00/d", MatchKind.Malformed, 0)]
    [InlineData("/a/%ff/d", MatchKind.Malformed, 0)]
    [InlineData("/a/b/c/d/e/f", MatchKind.Unknown, 0)]
    internal void TellsWhyThereIsNone(string target, MatchKind kind, int allowed)
    {
        RouteMatch match = Match(target, Verb.Get);
        Assert.Equal(kind, match.Kind);
        Assert.Equal(allowed, match.AllowedVerbs);
    }

    [Fact]
    public void ADirectoryAllowsGet()
    {
        RouteMatch match = Match("/a/b", Verb.Delete);
        Assert.Equal(MatchKind.OtherMethod, match.Kind);
        Assert.Equal((1 << (int)Verb.Get) | (1 << (int)Verb.Put), match.AllowedVerbs);
    }

    [Fact]
    public void TheChildrenOfADirectoryAreSorted() => Assert.Equal(["b"], Match("/a", Verb.Get).Node!.Children);

    [Fact]
    public void AnyVerbReachesItsSubtreeOnly()
    {
        Assert.Equal(MatchKind.Found, Match("/dav/x", Verb.Any).Kind);
        Assert.Equal(MatchKind.Found, Match("/dav/x", Verb.Put).Kind);
        Assert.Equal(MatchKind.Unknown, Match("/a/b/c", Verb.Any).Kind);
    }

    [Theory]
    [InlineData("/a/{y}/d")]
    [InlineData("/a/b/c")]
    public void DuplicatesAreRejected(string path) =>
        Assert.Throws<ArgumentException>(() => new RouteMatcher([Row("GET", "/a/{x}/d"), Row("GET", "/a/b/c")], [Row("GET", path)]));

    [Theory]
    [InlineData("PATCH", "/a")]
    [InlineData("GET", "a")]
    [InlineData("GET", "/a/")]
    [InlineData("GET", "/a//b")]
    [InlineData("GET", "/a/{b")]
    public void MalformedRowsAreRejected(string method, string path) => Assert.Throws<ArgumentException>(() => new RouteMatcher([Row(method, path)]));

    [Fact]
    public void AMatchAllocatesNothing()
    {
        const string target = "/a/some-identifier/d?expand";
        RouteMatch match = default;
        Matcher.Match(target, 20, Verb.Get, ref match);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            Matcher.Match(target, 20, Verb.Get, ref match);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(MatchKind.Found, match.Kind);
    }

    private static Route Row(string method, string path) => new(method, path, static r => r.Empty(200), "");

    private static RouteMatch Match(string target, Verb verb)
    {
        RouteMatch match = default;
        int query = target.IndexOf('?');
        Matcher.Match(target, query < 0 ? target.Length : query, verb, ref match);
        return match;
    }
}
