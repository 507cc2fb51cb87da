using Edge.Core.Configuration;
using Xunit;

namespace Edge.Unit.Tests.Core.Configuration;

public sealed class SuggestionTests
{
    [Theory]
    [InlineData("", "", 0)]
    [InlineData("abc", "ABC", 0)]
    [InlineData("abc", "ab", 1)]
    [InlineData("abc", "axc", 1)]
    [InlineData("abcd", "acbd", 1)]
    [InlineData("kitten", "sitting", 3)]
    public void DistanceCountsEditsAndSwaps(string a, string b, int expected) => Assert.Equal(expected, Suggestion.Distance(a, b));

    [Fact]
    public void TheNearestIsSuggestedAndNothingThatIsFar()
    {
        Assert.Equal("serve", Suggestion.For("sevre", ["server", "serve", "version"]));
        Assert.Null(Suggestion.For("xyz", ["serve", "version"]));
    }
}
