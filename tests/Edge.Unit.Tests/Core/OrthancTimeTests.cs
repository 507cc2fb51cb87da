using System.Text;
using Edge.Core.Time;
using Xunit;

namespace Edge.Unit.Tests.Core;

public sealed class OrthancTimeTests
{
    [Theory]
    [InlineData("2026-11-21T08:09:05+00:00", "20261121T080905")]
    [InlineData("1999-12-31T23:59:59.999+00:00", "19991231T235959")]
    [InlineData("2024-03-01T00:30:00+02:00", "20240229T223000")]
    public void BothFormsOfASecondAreTheSame(string time, string expected)
    {
        DateTimeOffset at = DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(expected, OrthancTime.Second(at));
        Assert.Equal(expected, Encoding.ASCII.GetString(OrthancTime.Second(at, new byte[15])));
    }
}
