using Edge.Core.Ids;
using Xunit;

namespace Edge.Unit.Tests.Core;

public sealed class ResourceIdTests
{
    [Fact]
    public void TheEmptyPatientIdHasTheHashOfNothing() =>
        Assert.Equal("da39a3ee-5e6b4b0d-3255bfef-95601890-afd80709", ResourceId.ForPatient(""));

    [Theory]
    [InlineData("da39a3ee-5e6b4b0d-3255bfef-95601890-afd80709", true)]
    [InlineData("da39a3ee-5e6b4b0d-3255bfef-95601890-afd8070", false)]
    [InlineData("da39a3ee_5e6b4b0d-3255bfef-95601890-afd80709", false)]
    [InlineData("da39a3eg-5e6b4b0d-3255bfef-95601890-afd80709", false)]
    public void ShapeIsChecked(string text, bool expected) => Assert.Equal(expected, ResourceId.IsWellFormed(text));
}
